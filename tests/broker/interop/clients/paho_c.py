"""paho_c_sub and paho_c_pub, the programs that come with Eclipse Paho's library for C."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE

from tests.broker.interop.clients.program import Program, output_of
from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Foreign, Got, Refused
from tests.conftest import program

VERSIONS = {3: "31", 4: "311", 5: "5"}


class PahoC(Program):
    async def connect(self) -> None:
        options = self.options
        if options.subscribe:
            ((topic_filter, qos),) = options.subscribe
            await self.start_reading(
                *self._command("paho_c_sub", options.client_id), "-t", topic_filter, "-q", str(qos), "-v"
            )

    def _command(self, name: str, client_id: str) -> list[str]:
        """The program with the options that all connections of this visitor share."""
        options = self.options
        url = f"{'ssl' if options.ca else 'tcp'}://{options.host}:{options.port}"
        command = [str(program("paho-c", name)), "-c", url, "-i", client_id]
        command += ["-V", VERSIONS[options.version], "-k", str(options.keep_alive)]
        command += [] if options.password is None else ["-u", "ann", "-P", options.password]
        command += ["--cafile", str(options.ca)] if options.ca else []
        if options.will:
            topic, payload, qos, retain = options.will
            command += ["--will-topic", topic, "--will-payload", payload.decode(), "--will-qos", str(qos)]
            command += ["--will-retain", "1"] if retain else []  # it overlooks what comes after
        return command

    async def read_message(self, output: asyncio.StreamReader) -> None:
        # Size and topic, a tab, the payload, an end of line; what it says of itself before has no tab.
        head = (await output.readuntil(b"\t")).decode().rstrip("\t")
        size, topic = head.rpartition("\n")[2].split(" ", 1)
        self.messages.put_nowait(Got(topic, await output.readexactly(int(size))))

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(payload)
            file.flush()
            message = ["-t", topic, "-q", str(qos), *(["-r"] if retain else [])]
            message += ["-f", file.name] if payload else ["-n"]
            await self._run(*self._command("paho_c_pub", self.publisher_id), *message)

    async def _run(self, *command: str) -> None:
        """It ends when it has published. When it could not connect it says so, and goes on trying."""
        process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
        assert process.stderr
        try:
            async with asyncio.timeout(PATIENCE_S):
                errors = b""
                while b"Connect failed" not in errors:
                    line = await process.stderr.readline()
                    if not line:
                        break
                    errors += line
                else:
                    raise Refused(errors.decode())
                if await process.wait():
                    raise Refused(errors.decode())
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def version() -> str:
    found = re.search(r"^Version: ([\d.]+)", output_of(str(program("paho-c", "paho_c_pub"))), re.MULTILINE)
    assert found
    return found[1]


CLEAN_ONLY = "the programs have no option for a persistent session"
LACKS = {
    "persistent session: session present on return": CLEAN_ONLY,
    "overlapping subscriptions: one copy": "paho_c_sub takes one filter",
    "unsubscribe": "paho_c_sub cannot unsubscribe",
    "messages that came while it was away": CLEAN_ONLY,
    "QoS 1 to the client: again, with DUP": CLEAN_ONLY,
    "QoS 2 to the client, PUBREC lost: once": CLEAN_ONLY,
    "QoS 2 to the client, PUBCOMP lost: once": CLEAN_ONLY,
    "QoS 1 from the client, PUBACK lost: at least once": CLEAN_ONLY,
    "QoS 2 from the client, PUBREC lost: once": CLEAN_ONLY,
    "QoS 2 from the client, PUBCOMP lost: once": CLEAN_ONLY,
}
PAHO_C = Foreign("paho C", version, PahoC, LACKS)

"""mosquitto_sub and mosquitto_pub."""

from __future__ import annotations

import asyncio
import re

from tests.broker.interop.clients.program import Program, output_of, run
from tests.broker.interop.visitor import Foreign, Got, Refused
from tests.conftest import program

VERSIONS = {3: "mqttv31", 4: "mqttv311", 5: "mqttv5"}


class Mosquitto(Program):
    async def connect(self) -> None:
        options = self.options
        if options.subscribe:
            filters = [word for topic_filter, _ in options.subscribe for word in ("-t", topic_filter)]
            qos = str(max(qos for _, qos in options.subscribe))
            gone = ["-U", options.unsubscribe] if options.unsubscribe else []
            await self.start_reading(
                *self._command("mosquitto_sub", options.client_id), *filters, "-q", qos, *gone, "-F", "%t\t%x"
            )

    def _command(self, name: str, client_id: str) -> list[str]:
        """The program with the options that all connections of this visitor share."""
        options = self.options
        command = [str(program("debian", name)), "-h", options.host, "-p", str(options.port)]
        command += ["-V", VERSIONS[options.version], "-k", str(options.keep_alive)]
        command += ["-i", client_id] if client_id else []
        command += [] if options.clean else ["-c"]
        command += [] if options.password is None else ["-u", "ann", "-P", options.password]
        command += ["--cafile", str(options.ca)] if options.ca else []
        if options.will:
            topic, payload, qos, retain = options.will
            command += ["--will-topic", topic, "--will-payload", payload.decode(), "--will-qos", str(qos)]
            command += ["--will-retain"] if retain else []
        return command

    async def read_message(self, output: asyncio.StreamReader) -> None:
        topic, payload = (await output.readuntil(b"\n")).decode().rstrip("\n").split("\t")
        self.messages.put_nowait(Got(topic, bytes.fromhex(payload)))

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        message = ["-t", topic, "-q", str(qos), *(["-r"] if retain else []), "-s" if payload else "-n"]
        code, errors = await run(*self._command("mosquitto_pub", self.publisher_id), *message, stdin=payload)
        if code:
            raise Refused(errors)


def version() -> str:
    found = re.search(r"version ([\d.]+)", output_of(str(program("debian", "mosquitto_pub")), "--help"))
    assert found
    return found[1]


GIVES_UP = "mosquitto_pub gives up when the connection is lost"
LACKS = {
    "QoS 1 from the client, PUBACK lost: at least once": GIVES_UP,
    "QoS 2 from the client, PUBREC lost: once": GIVES_UP,
    "QoS 2 from the client, PUBCOMP lost: once": GIVES_UP,
}
MOSQUITTO = Foreign("mosquitto", version, Mosquitto, LACKS, least_keep_alive=5)

"""Brokers that nobody here wrote, each a process of its own on loopback, that keep their port over a restart."""

import asyncio
import signal
import sys
from pathlib import Path

import aiomqtt

from tests.ports import free_port

PATIENCE_S = 30  # for what must happen; nothing is proven by the time it takes


class OutsideBroker:
    """`argv` starts it in the foreground. Its output goes to the file `log` in its folder."""

    def __init__(self, folder: Path, port: int, argv: list[str]) -> None:
        self.folder = folder
        self.port = port
        self._argv = argv
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"mqtt://{self.address}"

    @property
    def said(self) -> str:
        """Its log."""
        return (self.folder / "log").read_text()

    async def start(self) -> None:
        """Returns when it takes connections."""
        with (self.folder / "log").open("a") as log:
            self._process = await asyncio.create_subprocess_exec(*self._argv, stdout=log, stderr=log)
        async with asyncio.timeout(PATIENCE_S):
            while not await self._listens():
                assert self._process.returncode is None, self.said
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """In order, so that it writes what it keeps."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), PATIENCE_S)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def says(self, *texts: str) -> None:
        """Returns when one of these is in its log."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(text in self.said for text in texts):  # noqa: ASYNC110 - another program raises no event
                await asyncio.sleep(0.02)

    async def reload(self) -> None:
        """Makes mosquitto read its passwords again; returns when it has begun to, and takes nothing in between."""
        assert self._process is not None
        before = self.said.count("Reloading config")
        self._process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(PATIENCE_S):
            while self.said.count("Reloading config") == before:  # noqa: ASYNC110 - another program raises no event
                await asyncio.sleep(0.02)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """As a client of no name; returns when the broker has it."""
        async with self._client() as client:
            await client.publish(topic, payload, qos=1, retain=retain)

    async def retains(self, topic: str) -> bytes | None:
        """The retained message of a topic: what comes before a message that is published afterwards."""
        async with self._client() as client:
            await client.subscribe(topic, qos=1)
            await client.subscribe("end", qos=1)
            await client.publish("end", b"", qos=1)
            found = None
            async with asyncio.timeout(PATIENCE_S):
                async for message in client.messages:
                    if str(message.topic) == "end":
                        return found
                    if str(message.topic) == topic and message.retain and isinstance(message.payload, bytes):
                        found = message.payload  # amqtt delivers what others subscribed to, too
            raise AssertionError("the connection ended")

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.port, timeout=PATIENCE_S)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


def mosquitto(program: Path, folder: Path, *lines: str, anonymous: bool = True) -> OutsideBroker:
    """With more lines of configuration. Started by root it would drop to a user that need not exist."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    listens = (f"listener {port} 127.0.0.1", f"allow_anonymous {'true' if anonymous else 'false'}")
    config = folder / "mosquitto.conf"
    config.write_text("\n".join(("user root", "log_type all", *listens, *lines, "")))
    return OutsideBroker(folder, port, [str(program), "-c", str(config)])


def exported(program: Path, folder: Path, port: int) -> OutsideBroker:
    """With the files that `fleetctl broker export mosquitto` wrote into a folder, as they are, but for the user that
    mosquitto becomes where root starts it, and that need not exist.
    """
    around = folder / "around"
    around.mkdir()
    (around / "start").write_text(f"user root\nlog_type all\ninclude_dir {folder}\n")
    return OutsideBroker(around, port, [str(program), "-c", str(around / "start")])


def persistent(folder: Path) -> tuple[str, ...]:
    """Lines that make mosquitto keep everything over a restart."""
    return ("persistence true", f"persistence_location {folder}/")


_AMQTT_PROGRAM = Path(__file__).with_name("amqtt_program.py")
_AMQTT = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


def amqtt(folder: Path) -> OutsideBroker:
    """As it installs, but for what `amqtt_program.py` says; it keeps nothing over a restart."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    config = folder / "amqtt.yaml"
    config.write_text(_AMQTT.format(port=port))
    return OutsideBroker(folder, port, [sys.executable, str(_AMQTT_PROGRAM), "-c", str(config)])

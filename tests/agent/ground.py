"""A broker to connect to, and the agent as a process of its own against it."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, Broker, Client, Hooks, Listener, Received
from henge_protocol import topics
from henge_protocol.messages import Hello, Report

AGENT = Path(__file__).parents[2] / "agent"
DEVICE = "porch"
PASSWORD = "word"
KEY = bytes(range(32))
SOON = 30  # seconds; everything here takes a fraction of one, so this only ends what would never end


class Desk(Hooks):
    """Takes what the device says, for the test to look at."""

    def __init__(self) -> None:
        self._heard: dict[str, asyncio.Queue[bytes]] = {}
        self.refused = asyncio.Event()

    def authenticate(self, client: Client, password: bytes | None) -> int:
        if password == PASSWORD.encode():
            return ACCEPTED
        self.refused.set()
        return BAD_CREDENTIALS

    def on_message(self, client: Client, message: Received) -> None:
        place = topics.parse(message.topic)
        assert place
        self._queue(place[1]).put_nowait(bytes(message.payload))

    async def heard(self, channel: str) -> bytes:
        """The next message on a channel."""
        return await asyncio.wait_for(self._queue(channel).get(), SOON)

    async def hello(self) -> Hello:
        return Hello.decode(await self.heard(topics.HELLO))

    async def report(self) -> Report:
        return Report.decode(await self.heard(topics.REPORT))

    def _queue(self, channel: str) -> asyncio.Queue[bytes]:
        return self._heard.setdefault(channel, asyncio.Queue())


class Ground:
    """A broker on a port of its own, and whatever was started against it."""

    def __init__(self, broker: Broker, listener: Listener, desk: Desk, folder: Path, command: list[str]) -> None:
        self.broker = broker
        self.desk = desk
        self.folder = folder
        self._listener = listener
        self._command = command
        self._started: list[Process] = []

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return self._listener.port

    def credential(self, password: str = PASSWORD, ca: Path | None = None) -> Path:
        """A file as `fleetctl device add` writes it."""
        path = self.folder / "credential.json"
        content = {"username": DEVICE, "password": password, "config_key": KEY.hex()}
        path.write_text(json.dumps(content | ({"ca": ca.read_text()} if ca else {})))
        return path

    async def run(self, *arguments: str, stdout: int = PIPE) -> Process:
        """`-m henge_agent` with any arguments."""
        # As a user has it: an unbuffered CPython would hide what its buffers do at the end.
        around = {"PYTHONPATH": str(AGENT), "MICROPYPATH": f".frozen:{AGENT}", "PYTHONUNBUFFERED": ""}
        process = await asyncio.create_subprocess_exec(
            *self._command,
            "-m",
            "henge_agent",
            *arguments,
            env=os.environ | around,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=PIPE,
        )
        self._started.append(process)
        return process

    async def board(
        self, *more: str, password: str = PASSWORD, stdout: int = PIPE, server: str = "", ca: Path | None = None
    ) -> Process:
        """The agent against this broker, keeping its data where the one before it did."""
        where = ("--server", server or self.server, "--credential", str(self.credential(password, ca)))
        return await self.run(*where, "--data", str(self.folder / "data"), *more, stdout=stdout)

    def push(self, payload: bytes) -> None:
        self.broker.publish(topics.build(DEVICE, topics.DESIRED), payload, retain=True)

    async def kill(self, process: Process) -> None:
        process.send_signal(signal.SIGKILL)
        await process.wait()

    async def end(self) -> None:
        for process in self._started:
            if process.returncode is None:
                await self.kill(process)


async def said(process: Process, part: str) -> str:
    """The first line on standard error that has `part` in it."""
    assert process.stderr
    return await _line(process.stderr.readline, part)


async def shown(process: Process, part: str = "") -> dict:
    """The first line of --show that has `part` in it."""
    assert process.stdout
    return json.loads(await _line(process.stdout.readline, part))


async def _line(readline: Callable[[], Awaitable[bytes]], part: str) -> str:
    while True:
        line = (await asyncio.wait_for(readline(), SOON)).decode()
        assert line, f"it ended without saying {part!r}"
        if part in line:
            return line

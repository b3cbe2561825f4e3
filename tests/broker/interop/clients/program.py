"""Clients that are programs: one process that subscribes and prints, and one more for each message that is published.

What their options and their output look like is said in the module of each.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Inbox, Options

LONGEST_LINE = 4 * 1024 * 1024


class Program(Inbox):
    """A visitor made of processes. Nothing connects before there is something to subscribe to or to publish."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._reader: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def publisher_id(self) -> str:
        """Two connections cannot have one client id."""
        return self.options.client_id + "-pub" if self._reader else self.options.client_id

    async def start_reading(self, *command: str) -> None:
        self._reader = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL, limit=LONGEST_LINE)
        self._reading = asyncio.create_task(self._read(self._reader), name="reading")

    async def read_message(self, output: asyncio.StreamReader) -> None:
        """Put the next message that the program prints into the queue; raises IncompleteReadError at the end."""
        raise NotImplementedError

    async def _read(self, process: Process) -> None:
        assert process.stdout
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                await self.read_message(process.stdout)

    async def leave(self) -> None:
        """Ask the program to end, and wait until it has."""
        if self._reader is not None:
            assert self._reading
            await _at_rest(self._reader.pid)
            with contextlib.suppress(ProcessLookupError):
                self._reader.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._reader.wait(), 2)
            except TimeoutError:  # while it is connecting, it overlooks the signal
                self._reader.kill()
                await self._reader.wait()
            await self._reading


async def _at_rest(pid: int) -> None:
    """Wait until the process waits for something, or is over. mosquitto_sub sends DISCONNECT from its signal handler,
    and hangs when the signal interrupts it amid a packet.
    """
    while _runs(pid):  # noqa: ASYNC110 - nothing tells us
        await asyncio.sleep(0.001)


def _runs(pid: int) -> bool:
    """The process has something to do: state R of proc(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except FileNotFoundError:
        return False


async def run(*command: str, stdin: bytes | None = None) -> tuple[int, str]:
    """Run a program to its end; its exit code and what it wrote to standard error."""
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE)
    try:
        _, errors = await asyncio.wait_for(process.communicate(stdin), PATIENCE_S)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, errors.decode()


def output_of(*command: str) -> str:
    """All that a program prints, whatever its exit code."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S).stdout

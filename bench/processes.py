"""Processes: starts what is measured, on its core, reads what it used, and ends it by its id."""

import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import CannotMeasure
from bench.machine import ROOT, on_cores

_GRACE_S = 10  # for a process to end by itself
_SETTLE_S = 0.02  # between two looks at a process that is to come to rest
_SETTLE_LOOKS = 250
_CPUCLOCK_SCHED = 2  # clock_getcpuclockid(3): the processor time of all threads of a process


class Process:
    """A child and what it prints."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self._child = child
        self._log = log
        self.pid = child.pid

    def line(self, seconds: float) -> str:
        """The next line that it prints. Raises CannotMeasure where none comes in time."""
        assert self._child.stdout
        ready, _, _ = select.select([self._child.stdout], [], [], seconds)
        text = self._child.stdout.readline().decode().strip() if ready else ""
        if not text:
            raise CannotMeasure(f"{self._child.args} said nothing; its last words: {self._last_words()}")
        return text

    def say(self, text: str) -> None:
        """A line to its stdin. Raises CannotMeasure where it has ended."""
        assert self._child.stdin
        try:
            self._child.stdin.write(text.encode() + b"\n")
        except BrokenPipeError:
            raise CannotMeasure(f"{self._child.args} has ended; its last words: {self._last_words()}") from None

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def processor_s(self) -> float:
        """Processor seconds so far, user and system, all threads."""
        return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)

    def memory(self) -> tuple[float, float]:
        """Resident and proportional set size in MiB."""
        fields = dict(line.split(":") for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:])
        return _mib(fields["Rss"]), _mib(fields["Pss"])

    def settle(self) -> None:
        """Returns when it does nothing, or after a few seconds."""
        for _ in range(_SETTLE_LOOKS):
            before = self.processor_s()
            time.sleep(_SETTLE_S)
            if self.processor_s() - before < 0.05 * _SETTLE_S and not self._wants_to_run():
                return

    def _wants_to_run(self) -> bool:
        """Whether it has something to do, although others may have its core."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip() or "none"


@contextmanager
def running(
    command: Sequence[object],
    cores: set[int],
    log: Path,
    env: Mapping[str, str] | None = None,
    takes_orders: bool = False,
) -> Iterator[Process]:
    """Runs a command on these cores until the context is left. What it says on stderr goes to `log`."""
    with log.open("wb") as errors, on_cores(cores):
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if takes_orders else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
        )
    try:
        yield Process(child, log)
    finally:
        child.terminate()
        try:
            child.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in filter(None, (child.stdin, child.stdout)):
            pipe.close()


def free_port() -> int:
    """A port that nobody listens on now, for programs that cannot take port 0."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _mib(text: str) -> float:
    return int(text.split()[0]) / 1024

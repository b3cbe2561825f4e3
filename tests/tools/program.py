"""A program in a process of its own, whose lines a test can wait for. Nothing of it is left after the test."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType

PATIENCE_S = 40  # for what must happen, on a busy machine; nothing is proven by the time it takes

FREE = ("--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--mqtts", "127.0.0.1:0")  # for `up`: free ports


class Program:
    """`fleetctl ARGS`; a context manager. `said` holds every line so far, of output and errors alike."""

    def __init__(self, *args: str, **env: str) -> None:
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fleetctl", *args],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> "Program":
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self.end()
        self._reader.join()

    def until(self, fits: Callable[[str], object]) -> str:
        """The first line from now on that fits."""
        try:
            while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
                if fits(line):
                    return line
        except queue.Empty:
            pass
        raise AssertionError("it did not come; what came: " + "".join(self.said))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal; the exit code."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, when it has ended by itself."""
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for line in output:
                self.said.append(line)
                self._lines.put(line)
        self._lines.put(None)

"""mosquitto, started for the tests to see what it does with the same bytes. On loopback, nothing kept on disk."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 20

CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
user root
max_packet_size {packet_size}
sys_interval 1
"""
"""$SYS topics as soon as there is something to say. `user root`: started by root, it would drop to a user that need not
exist."""


class NotStarted(Exception):
    """mosquitto ended, or took too long; the text is its log."""


@contextlib.contextmanager
def mosquitto(program: Path, folder: Path, packet_size: int = 256 * 1024) -> Iterator[int]:
    """Runs mosquitto, by default with packets as large as ours; gives its port.

    A port that was free a moment ago may be taken: then another one is tried.
    """
    for attempt in range(5):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = folder / f"mosquitto-{attempt}.log"
        process = _start(program, log, port, packet_size)
        try:
            _wait_for(process, log)
            yield port
            return
        except NotStarted as problem:
            if "in use" not in str(problem):
                raise
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    raise NotStarted("no free port was found")


def _start(program: Path, log: Path, port: int, packet_size: int) -> subprocess.Popen[bytes]:
    configuration = log.with_suffix(".conf")
    configuration.write_text(CONFIGURATION.format(port=port, packet_size=packet_size))
    with log.open("wb") as out:
        return subprocess.Popen([program, "-c", configuration], stdout=out, stderr=out)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it says that it runs."""
    for _ in range(PATIENCE_S * 100):
        if b" running" in log.read_bytes():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
            break
    raise NotStarted(log.read_text())

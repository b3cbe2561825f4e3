"""mosquitto, started for the tests to see what it does with the same bytes, or the same clients. On loopback, nothing
kept on disk.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 20

CONFIGURATION = """
listener {ports[0]} 127.0.0.1
allow_anonymous true
persistence false
user root
max_packet_size {packet_size}
set_tcp_nodelay true
sys_interval 1
"""
"""$SYS topics as soon as there is something to say. `user root`: started by root, it would drop to a user that need not
exist."""


class NotStarted(Exception):
    """mosquitto ended, or took too long; the text is its log."""


@contextlib.contextmanager
def mosquitto(program: Path, folder: Path, packet_size: int = 256 * 1024) -> Iterator[int]:
    """Runs mosquitto, by default with packets as large as ours; gives its port."""
    with configured(program, folder, CONFIGURATION, packet_size=packet_size) as ports:
        yield ports[0]


@contextlib.contextmanager
def configured(program: Path, folder: Path, configuration: str, **values: object) -> Iterator[list[int]]:
    """Runs mosquitto with a configuration that may name two `ports` and `values`; gives the ports.

    A port that was free a moment ago may be taken: then others are tried.
    """
    for attempt in range(5):
        ports = _free_ports()
        log = folder / f"mosquitto-{attempt}.log"
        process = _start(program, configuration.format(ports=ports, **values), log)
        try:
            _wait_for(process, log)
            yield ports
            return
        except NotStarted as problem:
            if "in use" not in str(problem):
                raise
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    raise NotStarted("no free port was found")


def _free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        for free in one, other:
            free.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], other.getsockname()[1]]


def _start(program: Path, configuration: str, log: Path) -> subprocess.Popen[bytes]:
    file = log.with_suffix(".conf")
    file.write_text(configuration)
    with log.open("wb") as out:
        return subprocess.Popen([program, "-c", file], stdout=out, stderr=out)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it says that it runs."""
    for _ in range(PATIENCE_S * 100):
        if b" running" in log.read_bytes():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
            break
    raise NotStarted(log.read_text())

"""Brokers: each of those that are measured, started bare. Anybody may connect at any rate; nothing is kept on disk."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import CannotMeasure
from bench.generator import Generator, generating
from bench.machine import SERVER_CORES, program
from bench.notes import Notes
from bench.processes import Process, free_port, running
from bench.scale import Scale

BROKERS = ("henge", "mosquitto", "amqtt")

_START_S = 15
_LOOK_S = 0.02

# TCP_NODELAY: mosquitto leaves it off by default, and would be measured waiting. The rest is what a bare broker is.
_MOSQUITTO = (
    "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_type error\n"
)
# Started by root it would become somebody who may not read the key.
_MOSQUITTO_TLS = "certfile {certificate}\nkeyfile {certificate}\nuser root\n"

# Bounds that mosquitto does not have: a fleet that comes from one address would be measured waiting for them.
_LIMITS = ("--limit", "connect_rate=1000000", "--limit", "address_connect_rate=1000000")

_AMQTT = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


@dataclass
class Broker:
    """A running broker, and the generator that puts load on it."""

    name: str
    process: Process
    load: Generator
    notes: Notes
    is_slow: bool = False  # cannot do everything in a bounded time


@dataclass
class Candidate:
    """A broker that can be started, once or several times, and what was found about it."""

    name: str
    start: Callable[[Path, Path | None], AbstractContextManager[tuple[int, Process]]]
    """Given a folder to use and, for TLS, a certificate: the port on which it listens, and its process."""
    is_slow: bool = False
    notes: Notes = field(default_factory=Notes)

    @contextmanager
    def running(self, folder: Path, scale: Scale, certificate: Path | None = None) -> Iterator[Broker]:
        clients = self.slow_or(scale.slow_fleet, max(*scale.fleets, scale.secured))
        patience = self.slow_or(scale.slow_patience_s, scale.patience_s)
        with (
            self.start(folder, certificate) as (port, process),
            generating(port, clients, patience, folder / f"{self.name}-load.log", certificate is not None) as load,
        ):
            print(f"  {self.name} is process {process.pid}", flush=True)
            yield Broker(self.name, process, load, self.notes, self.is_slow)

    def slow_or(self, slow: int, other: int) -> int:
        return slow if self.is_slow else other


@contextmanager
def _henge(folder: Path, certificate: Path | None) -> Iterator[tuple[int, Process]]:
    command = [sys.executable, "-m", "henge_mqtt", "--listen", "127.0.0.1:0", "--anonymous", *_LIMITS]
    if certificate:
        command += ["--tls", "127.0.0.1:0", "--cert", certificate]
    with running(command, SERVER_CORES, folder / "henge.log") as process:
        port = int(process.line(_START_S).rpartition(":")[2])
        yield int(process.line(_START_S).rpartition(":")[2]) if certificate else port, process


@contextmanager
def _mosquitto(folder: Path, certificate: Path | None) -> Iterator[tuple[int, Process]]:
    port = free_port()
    config = folder / "mosquitto.conf"
    tls = _MOSQUITTO_TLS.format(certificate=certificate) if certificate else ""
    config.write_text(_MOSQUITTO.format(port=port) + tls)
    command = [program("mosquitto", "debian"), "-c", config]
    with running(command, SERVER_CORES, folder / "mosquitto.log") as process:
        _wait_for(port)
        yield port, process


@contextmanager
def _amqtt(folder: Path, certificate: Path | None) -> Iterator[tuple[int, Process]]:
    port = free_port()
    config = folder / "amqtt.yaml"
    config.write_text(_AMQTT.format(port=port))
    command = [Path(sys.executable).with_name("amqtt"), "-c", config]
    with running(command, SERVER_CORES, folder / "amqtt.log") as process:
        _wait_for(port)
        yield port, process


def candidates() -> list[Candidate]:
    """Those that are measured: ours, the yardstick, and the broker for asyncio programs that there was already."""
    return [
        Candidate("mosquitto", _mosquitto),
        Candidate("henge", _henge),
        Candidate("amqtt", _amqtt, is_slow=True),
    ]


def _wait_for(port: int) -> None:
    """Returns when somebody listens there."""
    until = time.perf_counter() + _START_S
    while time.perf_counter() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=_START_S).close()
            return
        except OSError:
            time.sleep(_LOOK_S)
    raise CannotMeasure(f"nobody listened on port {port} within {_START_S} s")

"""Brokers: each of those that are measured, started bare: anybody may connect, nothing is kept on disk."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.load import Wire
from bench.machine import SERVER_CORES, program
from bench.processes import Process, free_port, running

_START_S = 15

# TCP_NODELAY: mosquitto leaves it off by default, and would be measured waiting. The rest is what a bare broker is.
_MOSQUITTO = (
    "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_type error\n"
)

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
    """A running broker, and what each round found."""

    name: str
    port: int
    process: Process
    found: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **values: float) -> None:
        for name, value in values.items():
            self.found.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> float:
        return median(self.found[name])


@contextmanager
def henge(folder: Path) -> Iterator[Broker]:
    command = [sys.executable, "-m", "henge_mqtt", "--listen", "127.0.0.1:0", "--anonymous"]
    with running(command, SERVER_CORES, folder / "henge.log") as process:
        port = int(process.line(_START_S).rpartition(":")[2])
        yield Broker("henge", port, process)


@contextmanager
def mosquitto(folder: Path) -> Iterator[Broker]:
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(_MOSQUITTO.format(port=port))
    command = [program("mosquitto", "debian"), "-c", config]
    with running(command, SERVER_CORES, folder / "mosquitto.log") as process:
        _wait_for(port)
        yield Broker("mosquitto", port, process)


@contextmanager
def amqtt(folder: Path) -> Iterator[Broker]:
    """The broker for asyncio programs that there was already."""
    port = free_port()
    config = folder / "amqtt.yaml"
    config.write_text(_AMQTT.format(port=port))
    command = [Path(sys.executable).with_name("amqtt"), "-c", config]
    with running(command, SERVER_CORES, folder / "amqtt.log") as process:
        _wait_for(port)
        yield Broker("amqtt", port, process)


def _wait_for(port: int) -> None:
    """Returns when somebody listens there."""
    until = time.perf_counter() + _START_S
    while True:
        try:
            Wire("127.0.0.1", port, "probe").close()
            return
        except OSError:
            if time.perf_counter() > until:
                raise
            time.sleep(0.02)

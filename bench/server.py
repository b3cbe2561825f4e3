"""Server: a henge server as a child on its core, and what a benchmark asks of it."""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.errors import CannotMeasure
from bench.machine import SERVER_CORES
from bench.processes import Process, running
from bench.rest import Connection, Request, many

_START_S = 30
_IN_STEP_S = 60  # for a fleet to have its first document
_LOOK_S = 0.5

_LAMP = {
    "settings": {
        "led.on": {"type": "bool", "default": True},
        "led.color": {"type": "color", "default": "#ff8800"},
        "led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"},
        "led.mode": {"type": "enum", "choices": ["steady", "blink", "breathe"], "default": "steady"},
        "sensor.period": {"type": "duration", "min": 1, "max": 3600, "default": 30},
    }
}


class Server:
    """A running server. `mqtt` is HOST:PORT."""

    def __init__(self, process: Process, about: dict[str, str]) -> None:
        self.process = process
        self.mqtt = about["mqtt"]
        self._host = about["url"].removeprefix("http://")
        self._token = about["token"]

    @contextmanager
    def connections(self, count: int) -> Iterator[list[Connection]]:
        """HTTP connections, opened and kept."""
        with contextlib.ExitStack() as stack:
            found = [Connection(self._host, self._token) for _ in range(count)]
            for connection in found:
                stack.callback(connection.close)
            yield found

    def register(self, names: Sequence[str], in_flight: int) -> list[dict[str, str]]:
        """The credentials of new boards with the schema `lamp`."""
        requests = [Request("POST", "/api/v1/devices", {"id": name, "schema": "lamp"}) for name in names]
        with self.connections(in_flight) as connections:
            connections[0].ask(Request("PUT", "/api/v1/schemas/lamp", _LAMP))
            return [answer.json()["credential"] for answer in many(connections, requests)]

    def wait_until_in_step(self, count: int) -> None:
        """Returns when that many boards are online and have reported what they should have."""
        until = time.perf_counter() + _IN_STEP_S
        with self.connections(1) as (connection,):
            while (found := _in_step(connection)) < count:
                if time.perf_counter() > until:
                    raise CannotMeasure(f"{found} of {count} boards were in step after {_IN_STEP_S} s")
                time.sleep(_LOOK_S)
        self.process.settle()

    def forget_lag(self) -> None:
        """The stretch over which the loop's lag is measured begins."""
        self.process.signal(signal.SIGUSR1)

    def lag_ms(self) -> tuple[float, float]:
        """How late the loop was since `forget_lag`: p99 and the longest."""
        self.process.signal(signal.SIGUSR2)
        p99, longest = self.process.line(_START_S).split()
        return float(p99) * 1000, float(longest) * 1000


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server with a new data folder in `folder`."""
    command = [sys.executable, "-m", "bench.serving", folder / "data"]
    with running(command, SERVER_CORES, folder / "server.log") as process:
        yield Server(process, json.loads(process.line(_START_S)))


def write_credential(folder: Path, credential: dict[str, str]) -> Path:
    """One board's, as the agent reads it."""
    path = folder / f"{credential['username']}.json"
    path.write_text(json.dumps(credential))
    return path


def write_credentials(folder: Path, credentials: list[dict[str, str]]) -> Path:
    """All of them in one file."""
    path = folder / "credentials.json"
    path.write_text(json.dumps(credentials))
    return path


def _in_step(connection: Connection) -> int:
    found, cursor = 0, ""
    while cursor is not None:
        path = "/api/v1/devices?limit=500&status=online&sync=in_step" + (f"&cursor={cursor}" if cursor else "")
        page: dict[str, Any] = connection.ask(Request("GET", path)).json()
        found, cursor = found + len(page["items"]), page["next_cursor"]
    return found

"""`python -m bench.agents`: the real agent many times in one process, each on a board whose flash is memory and whose
LED and thermometer are nobody's. Prints a line when all are connected and have applied their document.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import uvloop
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.board import Board
from henge_agent.credential_file import parse
from henge_agent.drivers.driver import Driver
from henge_agent.drivers.led import Led, Light
from henge_agent.drivers.thermometer import Thermometer


class _Roll:
    """Observes the agents: who is up and runs what it should."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._there: set[str] = set()
        self.all_there = asyncio.Event()

    def agent(self, status: dict[str, Any]) -> None:
        if status["link"] == "up" and status["state"] == "applied":
            self._there.add(status["device"])
            if len(self._there) == self._missing:
                self.all_there.set()


class _Sensor:
    """Always says the same."""

    async def read(self) -> dict[str, float]:
        return {"temperature": 20.0}


class _BenchBoard(Board):
    """With everything that the schema `lamp` speaks of."""

    def drivers(self) -> list[Driver]:
        return [Led(Light()), Thermometer(_Sensor())]


async def _run(host: str, port: int, credentials: list[dict[str, str]]) -> None:
    roll = _Roll(len(credentials))
    async with asyncio.TaskGroup() as group:
        for credential in credentials:
            agent = Agent(_BenchBoard(), parse(json.dumps(credential)), Address(host, port, False), observer=roll)
            group.create_task(agent.run(), name=credential["username"])
        await roll.all_there.wait()
        print("connected", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.agents")
    parser.add_argument("--mqtt", required=True, metavar="HOST:PORT")
    parser.add_argument("--credentials", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    host, _, port = options.mqtt.rpartition(":")
    uvloop.run(_run(host, int(port), json.loads(options.credentials.read_text())))


if __name__ == "__main__":
    main()

"""A broker on a free port, clients to it, a clock to move; all of them ended after the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from henge_mqtt import Broker, Client, Hooks, Limits, Received

from tests.broker import wire, yardstick
from tests.broker.wire import Wire


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every test here runs on both loops: their transports differ in when they write and how they close."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


UNHURRIED = {"connect_rate": 100_000, "address_connect_rate": 100_000}
"""Limits of a house whose clients all come from one address, in a time that stands still."""


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Recorder(Hooks):
    """Lets everybody do everything, and remembers what it was told."""

    def __init__(self) -> None:
        self.presence: list[tuple[str, bool, str]] = []
        self.messages: list[Received] = []

    def on_message(self, client: Client, message: Received) -> bool | None:
        self.messages.append(message)

    def on_presence(self, client: Client, online: bool, reason: str) -> None:
        self.presence.append((client.id, online, reason))


class House:
    """A listening broker and what a test needs around it."""

    def __init__(self, broker: Broker, port: int, hooks: Any, clock: Clock) -> None:
        self.broker = broker
        self.port = port
        self.hooks = hooks
        self.clock = clock
        self.wires: list[Wire] = []

    async def open(self) -> Wire:
        """A socket, nothing sent on it."""
        self.wires.append(await Wire.open(self.port))
        return self.wires[-1]

    async def client(self, client_id: str = "c", *filters: tuple[str, int], **connect: Any) -> Wire:
        """A connected client, subscribed to `filters`."""
        client = await self.open()
        answer = await client.ask(wire.connect(client_id, **connect))
        assert answer == (0x20, answer.body[:1] + b"\x00")
        if filters:
            answer = await client.ask(wire.subscribe(*filters))
            assert answer == (0x90, b"\x00\x01" + bytes(qos for _, qos in filters))
        return client

    async def until(self, condition: Callable[[], bool]) -> None:
        """Give the event loop turns until `condition` holds."""
        async with asyncio.timeout(Wire.PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - the broker has no event for everything
                await asyncio.sleep(0.001)

    def pass_time(self, seconds: float) -> None:
        """Move the clock and have the broker look at it."""
        self.clock.now += seconds
        self.broker.tick()


OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(request: pytest.FixtureRequest) -> AsyncIterator[OpenHouse]:
    """Makes a House with given hooks and limits. A test marked with a limit must have reached it in the end."""
    houses: list[House] = []

    async def make(hooks: Hooks | None = None, sys_interval: float = 0, **limits: Any) -> House:
        clock = Clock()
        hooks = hooks or Recorder()
        broker = Broker(hooks, Limits(**{**UNHURRIED, **limits}), clock=clock, sys_interval=sys_interval)
        listener = await broker.listen("127.0.0.1", 0)
        houses.append(House(broker, listener.port, hooks, clock))
        return houses[-1]

    yield make
    for marker in request.node.iter_markers("limit"):
        assert any(house.broker.stats.reached[marker.args[0]] for house in houses), f"{marker.args[0]} was not reached"
    for house in houses:
        for client in house.wires:
            await client.close()
        await house.broker.close()
        assert house.broker.stats.connections == 0
        assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """A broker that lets everybody do everything and records it."""
    return await open_house()


@pytest.fixture(scope="session")
def mosquitto_port(mosquitto: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where mosquitto listens, to be sent what our broker is sent."""
    with yardstick.mosquitto(mosquitto, tmp_path_factory.mktemp("mosquitto")) as port:
        yield port

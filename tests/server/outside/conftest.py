"""An outside broker, a server that uses it, and what tells whether they know each other."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from henge_protocol import topics
from henge_protocol.messages import Desired
from henge_server.server import Server
from prometheus_client.parser import text_string_to_metric_families

from tests.server.conftest import apply_lamp, client_of, registered, settings_in
from tests.server.device import Device
from tests.server.outside import brokers
from tests.server.outside.brokers import PATIENCE_S, OutsideBroker

Connect = Callable[..., Awaitable[Device]]
StartServer = Callable[..., Awaitable["Outside"]]


class Outside:
    """A server with an outside broker, and a client of its API."""

    def __init__(self, server: Server, api: httpx.AsyncClient, broker: OutsideBroker) -> None:
        self.server = server
        self.api = api
        self.broker = broker

    async def is_ready(self) -> bool:
        return (await self.api.get(f"{self.server.ready.url}/readyz")).status_code == 200

    async def why_not_ready(self) -> str:
        answer = await self.api.get(f"{self.server.ready.url}/readyz")
        assert answer.status_code == 503
        return answer.json()["detail"]

    async def metric(self, name: str, **labels: str) -> float:
        text = (await self.api.get(f"{self.server.ready.url}/metrics")).text
        families = text_string_to_metric_families(text)
        (value,) = [s.value for f in families for s in f.samples if s.name == name and s.labels == labels]
        return value

    async def counts(self, name: str, value: float, **labels: str) -> None:
        """Returns when the metric has this value."""
        await until(lambda: self.metric(name, **labels), value)

    async def status(self, device: str) -> str:
        return (await self.api.get(f"/devices/{device}")).json()["status"]

    async def sync(self, device: str) -> str:
        return (await self.api.get(f"/devices/{device}/config")).json()["sync"]

    async def set(self, device: str, **values: Any) -> httpx.Response:
        """Sets values whose keys have underscores for dots."""
        body = {key.replace("_", "."): value for key, value in values.items()}
        answer = await self.api.patch(f"/devices/{device}/config", json=body)
        assert answer.is_success, answer.text
        return answer

    async def has(self, device: str, sync: str = "in_step") -> None:
        """Returns when what the device runs stands so to what it should run."""
        await until(lambda: self.sync(device), sync)

    async def is_(self, device: str, status: str) -> None:
        """Returns when the server calls it so."""
        await until(lambda: self.status(device), status)


async def until(look: Callable[[], Awaitable[Any]], wanted: Any = True) -> None:
    """Returns when `look` finds what is wanted."""
    found = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (found := await look()) != wanted:  # noqa: ASYNC110 - other programs raise no event
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"found {found!r} instead of {wanted!r}") from None


async def retained(broker: OutsideBroker, device: str, channel: str) -> int | bytes | None:
    """What the broker keeps: of a document its revision, of anything else the payload."""
    found = await broker.retains(topics.build(device, channel))
    return Desired.decode(found).rev if found and channel == topics.DESIRED else found


async def taken(device: Device, rev: int) -> Desired:
    """The document of that revision. It may come more than once, and so may the ones before it."""
    while (desired := await device.take()).rev < rev:
        pass
    return desired


@pytest.fixture(params=["mosquitto", "amqtt"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OutsideBroker]:
    """One that lets everybody in and keeps nothing over a restart."""
    folder = tmp_path / request.param
    if request.param == "amqtt":
        found = brokers.amqtt(folder)
    else:
        found = brokers.mosquitto(request.getfixturevalue("mosquitto"), folder, "persistence false")
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def keeping(mosquitto: Path, tmp_path: Path) -> AsyncIterator[OutsideBroker]:
    """One that keeps retained messages and sessions over a restart."""
    folder = tmp_path / "keeping"
    found = brokers.mosquitto(mosquitto, folder, *brokers.persistent(folder))
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def start_server(data: Path) -> AsyncIterator[StartServer]:
    """Starts a server with a broker; the lamp schema is there. Returns when they are connected."""
    async with AsyncExitStack() as stack:

        async def start(broker: OutsideBroker, ready: bool = True, url: str = "", **more: Any) -> Outside:
            server = await stack.enter_async_context(Server(settings_in(data, broker=url or broker.url, **more)))
            api = await stack.enter_async_context(client_of(server))
            await apply_lamp(api)
            outside = Outside(server, api, broker)
            if ready:
                await until(outside.is_ready)
            return outside

        yield start


@pytest.fixture
async def outside(start_server: StartServer, broker: OutsideBroker) -> Outside:
    """A server that is connected to the broker."""
    return await start_server(broker)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Registers a device under the lamp schema, and connects it to the broker."""
    async with AsyncExitStack() as stack:

        async def connect_it(outside: Outside, device_id: str = "porch") -> Device:
            credential = await registered(outside.api, device_id)
            return await stack.enter_async_context(Device(outside.broker.address, credential))

        yield connect_it


@pytest.fixture
async def plain(mosquitto: Path, tmp_path: Path) -> AsyncIterator[OutsideBroker]:
    """mosquitto that lets everybody in and keeps nothing."""
    found = brokers.mosquitto(mosquitto, tmp_path / "plain", "persistence false")
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def porch(outside: Outside, connect: Connect) -> Device:
    """A device that is connected, joined, and has applied its first document."""
    device = await connect(outside)
    await device.join()
    await device.take()
    await outside.has("porch")
    return device


def credential_file(folder: Path, credential: dict[str, str]) -> Path:
    """As the agent takes it."""
    file = folder / f"{credential['username']}.json"
    file.write_text(json.dumps(credential))
    return file

"""A server in this process, on free ports and a folder of the test's own; a client with its token; devices."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from henge_server.server import Server
from henge_server.settings import Settings

from tests.server.device import Device
from tests.server.lamp import LAMP

StartServer = Callable[..., Awaitable[Server]]
Register = Callable[..., Awaitable[dict[str, str]]]
Connect = Callable[..., Awaitable[Device]]


def settings_in(folder: Path, **more: Any) -> Settings:
    return Settings(data=folder, http="127.0.0.1:0", mqtt="127.0.0.1:0", mqtts="127.0.0.1:0", **more)


def client_of(server: Server) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {server.ready.token}"}
    return httpx.AsyncClient(base_url=f"{server.ready.url}/api/v1", headers=headers, timeout=30)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The server's data folder."""
    return tmp_path / "data"


@pytest.fixture
async def server(data: Path) -> AsyncIterator[Server]:
    async with Server(settings_in(data)) as found:
        yield found


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API, with the token of whoever started the server; the lamp schema is there."""
    async with client_of(server) as client:
        await apply_lamp(client)
        yield client


async def apply_lamp(api: httpx.AsyncClient, settings: dict[str, Any] = LAMP) -> None:
    (await api.put("/schemas/lamp", json={"settings": settings})).raise_for_status()


async def registered(api: httpx.AsyncClient, device_id: str, **fields: Any) -> dict[str, str]:
    """Registers a device; its credential."""
    answer = await api.post("/devices", json={"id": device_id, "schema": "lamp"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["credential"]


@pytest.fixture
def register(api: httpx.AsyncClient) -> Register:
    """Registers a device under the lamp schema; its credential."""

    async def register_it(device_id: str = "porch", **fields: Any) -> dict[str, str]:
        return await registered(api, device_id, **fields)

    return register_it


@pytest.fixture
async def connect(server: Server) -> AsyncIterator[Connect]:
    """Connects a device with a credential, without a word said yet."""
    async with AsyncExitStack() as stack:

        async def connect_it(credential: dict[str, str], **more: Any) -> Device:
            return await stack.enter_async_context(Device(server.ready.mqtt, credential, **more))

        yield connect_it


@pytest.fixture
async def porch(register: Register, connect: Connect) -> Device:
    """A device that is connected, joined, and has applied its first document."""
    device = await connect(await register("porch"))
    await device.join()
    await device.take()
    return device

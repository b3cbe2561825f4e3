"""The store has no room left: writes are refused, reading goes on, nothing that was accepted is lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from henge_protocol import topics
from henge_server.server import Server

from tests.server.conftest import apply_lamp, client_of, registered, settings_in
from tests.server.device import Device

_SMALL = 1 << 20  # bytes; the smallest store there is
_LARGE = 1 << 24


@pytest.fixture
async def full(data: Path) -> AsyncIterator[tuple[Server, httpx.AsyncClient, Device]]:
    """A server that has just refused a write for want of room, with a device that is connected."""
    async with Server(settings_in(data, store_max_bytes=_SMALL)) as server, client_of(server) as api:
        await apply_lamp(api)
        async with Device(server.ready.mqtt, await registered(api, "porch")) as device:
            await device.join()
            await device.take()
            await fill(api)
            yield server, api, device


async def fill(api: httpx.AsyncClient) -> None:
    """Writes until a write is refused, and then smaller ones until those are, too."""
    await registered(api, "hall")
    for size in (250, 1):
        value = 0
        while True:
            value += 1
            body = {"wifi.password": str(value) + "x" * size, "sensor.offset": value}
            answer = await api.patch("/devices/hall/config", json=body)
            if answer.status_code != 200:
                break
    assert answer.status_code == 507
    assert answer.headers["content-type"] == "application/problem+json"
    assert "store_max_bytes" in answer.json()["detail"]


async def test_write_is_refused_and_reading_goes_on(full: tuple[Server, httpx.AsyncClient, Device]) -> None:
    server, api, _ = full
    before = (await api.get("/devices/hall/config")).json()
    large = {f"a.k{number}": {"type": "string", "title": "x" * 60} for number in range(200)}
    assert (await api.put("/schemas/large", json={"settings": large})).status_code == 507
    assert (await api.get("/schemas/large")).status_code == 404
    assert (await api.get("/devices/hall/config")).json() == before
    assert (await api.get(server.ready.url + "/readyz")).status_code == 200


async def test_report_is_not_acknowledged_and_is_taken_when_there_is_room(
    full: tuple[Server, httpx.AsyncClient, Device], data: Path
) -> None:
    server, api, device = full
    before = (await api.get("/devices/hall/config")).json()["desired"]
    while await is_acknowledged(device):  # the last pages go to what devices say
        pass
    await server.__aexit__()
    async with Server(settings_in(data, store_max_bytes=_LARGE)) as larger, client_of(larger) as api:
        async with Device(larger.ready.mqtt, device.credential, boot=9) as again:
            await again.join(digest=b"something else..")
        assert (await api.get("/devices/porch")).json()["sync"] == "drifted"
        assert (await api.get("/devices/hall/config")).json()["desired"] == before
        assert (await api.patch("/devices/hall/config", json={"led.on": False})).status_code == 200


async def is_acknowledged(device: Device) -> bool:
    """Says a hello that is news; False where the server ends the connection over it."""
    device.boot += 1
    return await device.is_heard(topics.HELLO, device.hello_of(reset="x" * 500).encode())

"""Clients of the embedded broker: listed, shown and disconnected through the API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from henge_server.server import Server
from henge_server.settings import Settings

from tests.broker import wire
from tests.broker.wire import Wire
from tests.server.conftest import Register, client_of
from tests.server.device import PATIENCE_S, Device
from tests.server.test_devices import audit

Keep = Callable[[str], Awaitable[Wire]]


@pytest.fixture
async def keep(server: Server, register: Register) -> AsyncIterator[Keep]:
    """Connects a new device with a session that is kept when it goes."""
    async with AsyncExitStack() as stack:

        async def connect(device: str) -> Wire:
            credential = await register(device)
            found = await Wire.open(int(server.ready.mqtt.rpartition(":")[2]))
            stack.push_async_callback(found.close)
            password = credential["password"].encode()
            request = wire.connect(device, clean=False, keep_alive=60, username=device, password=password)
            assert (await found.ask(request)).body[1] == 0
            return found

        yield connect


async def names(api: httpx.AsyncClient, **query: str | int) -> list[str]:
    answer = await api.get("/broker/clients", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def until_away(api: httpx.AsyncClient, device: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await api.get(f"/broker/clients/{device}")).json()["state"] != "away":
            pass


async def test_connected_device_is_shown_with_all_that_is_known(api: httpx.AsyncClient, porch: Device) -> None:
    found = (await api.get("/broker/clients/porch")).json()
    registered_at = (await api.get("/devices/porch")).json()["created_at"]
    assert registered_at <= found["connected_at"] <= found["heard_at"]
    assert found.pop("address").startswith("127.0.0.1:")
    del found["connected_at"], found["heard_at"]
    assert found == {
        "id": "porch",
        "state": "connected",
        "user": "porch",
        "protocol": "MQTT 3.1.1",
        "tls": None,
        "keep_alive_s": 60,
        "clean_session": True,
        "subscriptions": [{"filter": f"henge/v1/porch/{channel}", "qos": 1} for channel in ("desired", "command")],
        "in_flight": 0,
        "queued": 0,
        "queued_bytes": 0,
    }


async def test_client_in_the_list_is_as_it_is_alone(api: httpx.AsyncClient, porch: Device) -> None:
    alone = (await api.get("/broker/clients/porch")).json()
    (listed,) = (await api.get("/broker/clients")).json()["items"]
    passing = ("connected_at", "heard_at")
    assert {key: listed[key] for key in listed if key not in passing} == {
        key: alone[key] for key in alone if key not in passing
    }


async def test_client_that_is_away_is_shown_with_its_session(api: httpx.AsyncClient, keep: Keep) -> None:
    client = await keep("shed")
    await client.ask(wire.subscribe(("henge/v1/shed/desired", 1)))
    await client.close()
    await until_away(api, "shed")
    found = (await api.get("/broker/clients/shed")).json()
    assert (found["clean_session"], found["user"], found["address"], found["heard_at"]) == (False, None, None, None)
    assert found["subscriptions"] == [{"filter": "henge/v1/shed/desired", "qos": 1}]


async def test_list_is_narrowed_to_a_state(api: httpx.AsyncClient, porch: Device, keep: Keep) -> None:
    await (await keep("shed")).close()
    await until_away(api, "shed")
    assert await names(api) == ["porch", "shed"]
    assert await names(api, state="connected") == ["porch"]
    assert await names(api, state="away") == ["shed"]


async def test_list_comes_in_pages_by_id(api: httpx.AsyncClient, keep: Keep) -> None:
    for device in ("c", "a", "e", "b", "d"):
        await keep(device)
    first = (await api.get("/broker/clients", params={"limit": 2})).json()
    assert ([item["id"] for item in first["items"]], first["next_cursor"]) == (["a", "b"], "b")
    assert await names(api, limit=2, cursor="b") == ["c", "d"]
    last = (await api.get("/broker/clients", params={"limit": 2, "cursor": "d"})).json()
    assert ([item["id"] for item in last["items"]], last["next_cursor"]) == (["e"], None)


async def test_disconnected_when_told_to_and_it_may_come_back(api: httpx.AsyncClient, keep: Keep) -> None:
    client = await keep("shed")
    assert (await api.post("/broker/clients/shed/disconnect")).status_code == 204
    await client.until_closed()
    await until_away(api, "shed")
    await keep_again(api, keep)


async def keep_again(api: httpx.AsyncClient, keep: Keep) -> None:
    await api.delete("/devices/shed")
    await keep("shed")
    assert await names(api, state="connected") == ["shed"]


async def test_who_disconnected_a_client_is_on_record(
    data: Path, server: Server, api: httpx.AsyncClient, keep: Keep
) -> None:
    await keep("shed")
    await api.post("/broker/clients/shed/disconnect")
    await server.__aexit__()
    last = (await audit(data))[-1]
    assert (last.by, last.action, last.target) == ("admin", "client.disconnect", "shed")


async def test_refused_to_disconnect_who_is_away_or_not_there(api: httpx.AsyncClient, keep: Keep) -> None:
    await (await keep("shed")).close()
    await until_away(api, "shed")
    answer = await api.post("/broker/clients/shed/disconnect")
    assert (answer.status_code, "not connected now" in answer.json()["detail"]) == (409, True)
    for request in (api.post("/broker/clients/none/disconnect"), api.get("/broker/clients/none")):
        answer = await request
        assert (answer.status_code, "fleetctl broker clients" in answer.json()["detail"]) == (404, True)


async def test_says_where_to_ask_when_the_broker_is_elsewhere(data: Path) -> None:
    settings = Settings(data=data, http="127.0.0.1:0", broker="mqtt://127.0.0.1:1")
    async with Server(settings) as server, client_of(server) as api:
        for request in (api.get("/broker/clients"), api.get("/broker/clients/a")):
            answer = await request
            assert (answer.status_code, answer.json()["title"]) == (501, "Broker elsewhere")
        assert (await api.post("/broker/clients/a/disconnect")).status_code == 501

"""Events: what happens, as it happens, and from where a client left off."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from henge_protocol import topics
from henge_protocol.messages import Telemetry
from henge_server.server import Server

from tests.server.conftest import Register
from tests.server.device import PATIENCE_S, Device

CONFIG = "/devices/porch/config"


class Ended(Exception):
    """The server ended the stream."""


class Events:
    """A stream of server-sent events, read one at a time."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event, its id among its fields. Raises Ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    return json.loads(fields["data"]) | {"id": fields.get("id"), "event": fields["event"]}
        raise Ended

    async def until(self, kind: str) -> dict[str, Any]:
        while (found := await self.next())["kind"] != kind:
            pass
        return found


@asynccontextmanager
async def following(api: httpx.AsyncClient, after: int | None = None, **filters: str) -> AsyncIterator[Events]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with api.stream("GET", "/events", params=filters, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Events(answer)


async def test_change_is_told_as_it_happens(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    async with following(api) as events:
        await api.patch(CONFIG, json={"led.on": False})
        event = await events.next()
    assert (event["event"], event["device"]) == ("config.changed", "porch")
    assert event["data"] == {"rev": 2, "keys": ["led.on"], "by": "admin", "why": "set"}
    assert event["id"] == str(event["seq"])


async def test_stream_goes_on_after_the_last_event_id(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    async with following(api) as events:
        await api.patch(CONFIG, json={"led.brightness": 1})
        last = (await events.next())["seq"]
    for brightness in (2, 3):
        await api.patch(CONFIG, json={"led.brightness": brightness})
    async with following(api, last) as events:
        assert [(await events.next())["data"]["rev"] for _ in range(2)] == [3, 4]


async def test_history_that_is_gone_is_said_so(api: httpx.AsyncClient, register: Register) -> None:
    answer = await api.get("/events", headers={"Last-Event-ID": "123456"})
    assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")


@pytest.mark.parametrize("bad", ["-1", "one", "9" * 30, ""])
async def test_id_that_is_none_is_refused(api: httpx.AsyncClient, bad: str) -> None:
    assert (await api.get("/events", headers={"Last-Event-ID": bad})).status_code == 400


async def test_filter_leaves_other_devices_out(api: httpx.AsyncClient, register: Register) -> None:
    for device in ("hall", "porch"):
        await register(device)
    async with following(api, device="porch") as events:
        for device in ("hall", "porch"):
            await api.patch(f"/devices/{device}/config", json={"led.on": False})
        assert (await events.next())["device"] == "porch"


async def test_presence_is_told(api: httpx.AsyncClient, porch: Device) -> None:
    async with following(api) as events:
        await porch.disconnect()
        assert (await events.next())["kind"] == "device.offline"
        await porch.connect()
        online = await events.next()
    assert (online["kind"], online["device"], online["id"]) == ("device.online", "porch", None)


async def test_device_that_sleeps_is_no_lost_one(api: httpx.AsyncClient, porch: Device) -> None:
    async with following(api) as events:
        await porch.say(topics.STATUS, b"sleeping", retain=True)
        await porch.disconnect()
        assert (await events.next())["kind"] == "device.sleeping"
    assert (await api.get("/devices/porch")).json()["status"] == "sleeping"


async def test_telemetry_is_told(api: httpx.AsyncClient, porch: Device) -> None:
    async with following(api) as events:
        await porch.say(topics.TELEMETRY, Telemetry(boot=1, t=5, v={"temperature": 21.5}).encode(), qos=0)
        event = await events.next()
    assert (event["kind"], event["data"]) == ("device.telemetry", {"values": {"temperature": 21.5}})


async def test_report_is_told(api: httpx.AsyncClient, porch: Device) -> None:
    async with following(api) as events:
        await api.patch(CONFIG, json={"led.on": False})
        await porch.take()
        event = await events.until("device.reported")
    assert event["data"] == {"rev": 2, "state": "applied", "errors": {}}


async def test_each_watcher_hears_everything(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    async with following(api) as one, following(api) as other:
        await api.patch(CONFIG, json={"led.on": False})
        assert await one.next() == await other.next()


async def test_stream_ends_when_the_server_stops(server: Server, api: httpx.AsyncClient) -> None:
    async with following(api) as events:
        stopped = asyncio.create_task(server.__aexit__())
        with pytest.raises(Ended):
            await events.next()
        await stopped

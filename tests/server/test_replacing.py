"""A new board takes the place of a dead one: its identity, its config, its history."""

import asyncio
from pathlib import Path

import httpx
import pytest
from henge_server.server import Server

from tests.server.conftest import Connect
from tests.server.device import Device, Refused, values
from tests.server.test_devices import audit

DEVICE = "/devices/porch"


async def replacement(api: httpx.AsyncClient) -> dict[str, str]:
    answer = await api.post(f"{DEVICE}/credential", json={"replace": True})
    assert answer.status_code == 201
    return answer.json()["credential"]


async def test_new_board_gets_the_config_at_once_and_the_old_one_is_locked_out(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    await api.patch(f"{DEVICE}/config", json={"led.brightness": 7, "wifi.password": "hidden"})
    await porch.take()
    credential = await replacement(api)
    shown = (await api.get(DEVICE)).json()
    assert (shown["credential_pending"], shown["replacing"]) == (True, True)
    await porch.disconnect()
    board = await connect(credential, boot=9)
    await board.join(uid=b"new hardware")
    taken = await board.take()
    assert values(taken)["led.brightness"] == 7
    shown = (await api.get(DEVICE)).json()
    assert (shown["uid"], shown["sync"], shown["replacing"]) == (b"new hardware".hex(), "in_step", False)
    await porch.disconnect()
    with pytest.raises(Refused):
        await porch.connect()


async def test_history_goes_on_and_says_that_the_board_was_replaced(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    await (await connect(await replacement(api), boot=9)).join(uid=b"new hardware")
    revisions = (await api.get(f"{DEVICE}/revisions")).json()["items"]
    assert [(entry["rev"], entry["why"]) for entry in revisions] == [(2, "board replaced"), (1, "registered")]


async def test_board_that_refused_the_newest_config_does_not_keep_it_from_the_new_one(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    await api.patch(f"{DEVICE}/config", json={"led.brightness": 7})
    await porch.report(await porch.desired(), "rejected", errors={"": ["driver_failed", "dead"]})
    board = await connect(await replacement(api), boot=9)
    await board.join(uid=b"new hardware")
    assert values(await board.take())["led.brightness"] == 7


async def test_board_that_was_ahead_does_not_hold_the_new_one_back(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    await porch.hello(rev=900)
    assert (await api.get(DEVICE)).json()["sync"] == "ahead"
    board = await connect(await replacement(api), boot=9)
    await board.join(uid=b"new hardware")
    await board.take()
    assert (await api.get(DEVICE)).json()["sync"] == "in_step"


async def test_events_and_audit_tell_of_the_replacement(
    data: Path, api: httpx.AsyncClient, server: Server, porch: Device, connect: Connect
) -> None:
    async with asyncio.timeout(20), api.stream("GET", "/events", params={"device": "porch"}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await (await connect(await replacement(api), boot=9)).join(uid=b"new hardware")
        async for line in lines:
            if f'"uid_before": "{b"hardware".hex()}"' in line:
                break
    await server.__aexit__()
    actions = [entry.action for entry in await audit(data)]
    assert actions[-2:] == ["device.replace", "device.replaced"]

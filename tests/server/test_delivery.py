"""The way of a document: from a change to the device, and of what the device says back to whoever waits."""

import asyncio

import httpx
from henge_protocol.messages import REJECTED, ROLLED_BACK, TRIAL

from tests.server.conftest import Connect, Register
from tests.server.device import Device, values

CONFIG = "/devices/porch/config"


async def test_first_document_comes_when_a_device_subscribes(register: Register, connect: Connect) -> None:
    device = await connect(await register())
    await device.join()
    desired = await device.desired()
    assert desired.rev == 1
    assert values(desired)["led.color"] == "#ff8800"


async def test_change_reaches_a_connected_device(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.color": "#00ff66"})
    desired = await porch.desired()
    assert (desired.rev, values(desired)["led.color"]) == (2, "#00ff66")


async def test_waiting_patch_answers_applied(api: httpx.AsyncClient, porch: Device) -> None:
    answer, _ = await asyncio.gather(api.patch(CONFIG, params={"wait": 20}, json={"led.on": False}), porch.take())
    assert answer.status_code == 200
    assert answer.json()["outcome"]["state"] == "applied"
    assert answer.json()["sync"] == "in_step"


async def test_waiting_patch_answers_with_the_codes_of_a_rejection(api: httpx.AsyncClient, porch: Device) -> None:
    async def refuse() -> None:
        errors = {"led.on": ["driver_failed", "no LED here"]}
        await porch.report(await porch.desired(), REJECTED, errors=errors)

    answer, _ = await asyncio.gather(api.patch(CONFIG, params={"wait": 20}, json={"led.on": False}), refuse())
    outcome = answer.json()["outcome"]
    assert (outcome["state"], outcome["errors"]) == ("rejected", {"led.on": ["driver_failed", "no LED here"]})
    assert answer.json()["sync"] == "rejected"


async def test_waiting_patch_waits_out_a_trial(api: httpx.AsyncClient, porch: Device) -> None:
    async def try_and_take_back() -> None:
        desired = await porch.desired()
        await porch.report(desired, TRIAL)
        assert (await api.get(CONFIG)).json()["sync"] == "trial"
        await porch.report(desired, ROLLED_BACK)

    answer, _ = await asyncio.gather(
        api.patch(CONFIG, params={"wait": 20}, json={"led.on": False}), try_and_take_back()
    )
    assert answer.json()["outcome"]["state"] == "rolled_back"


async def test_waiting_patch_is_superseded_by_a_newer_one(api: httpx.AsyncClient, porch: Device) -> None:
    held = asyncio.create_task(api.patch(CONFIG, params={"wait": 20}, json={"led.on": False}))
    assert (await porch.desired()).rev == 2
    await api.patch(CONFIG, json={"led.on": True})
    answer = await held
    assert (answer.status_code, answer.json()["outcome"]["state"]) == (200, "superseded")


async def test_waiting_patch_is_pending_when_nobody_answers(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    answer = await api.patch(CONFIG, params={"wait": 0.01}, json={"led.on": False})
    assert (answer.status_code, answer.json()["outcome"]["state"], answer.json()["sync"]) == (
        202,
        "pending",
        "pending",
    )


async def test_away_device_gets_exactly_the_newest_document(api: httpx.AsyncClient, porch: Device) -> None:
    await porch.disconnect()
    for brightness in (10, 20, 30):
        await api.patch(CONFIG, json={"led.brightness": brightness})
    await porch.connect()
    await porch.join()
    desired = await porch.take()
    assert (desired.rev, values(desired)["led.brightness"]) == (4, 30)
    await porch.nothing_more()


async def test_rejected_revision_is_not_sent_again(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    await porch.report(await porch.desired(), REJECTED)
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    await porch.nothing_more()


async def test_next_revision_is_sent_after_a_rejection(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    await porch.report(await porch.desired(), REJECTED)
    await api.patch(CONFIG, json={"led.on": True})
    assert (await porch.take()).rev == 3
    assert (await api.get(CONFIG)).json()["sync"] == "in_step"


async def test_repeated_patch_makes_no_message(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    await porch.take()
    await api.patch(CONFIG, json={"led.on": False})
    await porch.nothing_more()

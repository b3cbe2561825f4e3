"""A change reaches a device over a broker that nobody here wrote, and what the device says reaches the server."""

import asyncio

from henge_protocol.messages import REJECTED

from tests.server.device import Device, values
from tests.server.outside.conftest import Connect, Outside, retained, taken, until


async def test_set_is_applied_and_its_report_recorded(outside: Outside, porch: Device):
    await outside.set("porch", led_brightness=10)
    assert values(await taken(porch, 2))["led.brightness"] == 10
    await outside.has("porch")
    reported = (await outside.api.get("/devices/porch/config")).json()["reported"]
    assert (reported["rev"], reported["state"]) == (2, "applied")


async def test_waiting_patch_answers_applied(outside: Outside, porch: Device):
    patch = outside.api.patch("/devices/porch/config", params={"wait": 20}, json={"led.on": False})
    answer, _ = await asyncio.gather(patch, taken(porch, 2))
    assert (answer.status_code, answer.json()["sync"]) == (200, "in_step")


async def test_device_gets_its_document_when_it_was_changed_before_it_came(outside: Outside, connect: Connect):
    device = await connect(outside)
    await outside.set("porch", led_on=False)
    await until(lambda: retained(outside.broker, "porch", "desired"), 2)
    await device.join()
    assert values(await taken(device, 2))["led.on"] is False


async def test_refused_document_is_withdrawn(outside: Outside, porch: Device):
    """What a board refused is not sent to it again: the broker is told to keep nothing, until there is a next one."""
    await outside.set("porch", led_brightness=10)
    while (desired := await porch.desired()).rev < 2:
        pass
    await porch.report(desired, REJECTED, errors={"led.brightness": ["driver_failed", "no"]})
    await until(lambda: retained(outside.broker, "porch", "desired"), None)
    await outside.set("porch", led_brightness=20)
    await until(lambda: retained(outside.broker, "porch", "desired"), 3)


async def test_many_devices_are_published_when_they_are_added(outside: Outside):
    names = [f"lamp-{number}" for number in range(100)]
    for name in names:
        (await outside.api.post("/devices", json={"id": name, "schema": "lamp"})).raise_for_status()
    await until(lambda: outside.metric("henge_outside_messages_published_total"), 100)
    for name in names[::33]:
        assert await retained(outside.broker, name, "desired") == 1

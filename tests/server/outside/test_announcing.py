"""A firmware announces what it can be told over a broker that nobody here wrote."""

import asyncio

from henge_protocol import topics
from henge_protocol.messages import Command, Desired

from tests.server.device import PATIENCE_S, Device, values
from tests.server.lamp import LAMP
from tests.server.outside.conftest import Connect, Outside

OLD = {key: LAMP[key] for key in ("led.on", "led.brightness")}


async def obey(device: Device) -> Desired:
    """Does what a board does, refusing what it does not know, until it has applied a document."""
    async with asyncio.timeout(PATIENCE_S):
        async for message in device.client.messages:
            assert isinstance(message.payload, bytes)
            if str(message.topic) == device.topic(topics.COMMAND):
                await device.say(topics.SCHEMA, device.announcement)
                await device.answer(Command.decode(message.payload), device.caps)
                continue
            if not message.payload:
                continue  # what was refused is withdrawn
            desired = Desired.decode(message.payload)
            unknown = values(desired).keys() - OLD.keys()
            if not unknown:
                await device.report(desired)
                return desired
            await device.report(desired, "rejected", errors={key: ["unknown_key", "no"] for key in unknown})
    raise AssertionError("the connection has ended")


async def test_firmware_that_knows_less_gets_what_it_knows(outside: Outside, connect: Connect):
    device = await connect(outside)
    device.knows(OLD)
    await device.join()
    assert values(await obey(device)) == {"led.on": True, "led.brightness": 60}
    await outside.has("porch")
    unsupported = (await outside.api.get("/devices/porch/config")).json()["unsupported"]
    assert {entry["key"] for entry in unsupported} == LAMP.keys() - OLD.keys() - {"wifi.password"}

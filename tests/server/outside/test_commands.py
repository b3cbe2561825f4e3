"""A command reaches a device over a broker that nobody here wrote, and its answer comes back."""

import asyncio

from henge_protocol import topics
from henge_protocol.messages import Command

from tests.server.device import PATIENCE_S, Device
from tests.server.outside.conftest import Connect, Outside, until


async def command_of(device: Device) -> Command:
    """The next command; documents may come again in between."""
    async with asyncio.timeout(PATIENCE_S):
        async for message in device.client.messages:
            if str(message.topic) == device.topic(topics.COMMAND):
                assert isinstance(message.payload, bytes)
                return Command.decode(message.payload)
    raise AssertionError("the connection has ended")


async def state(outside: Outside, command_id: str) -> str:
    return (await outside.api.get(f"/devices/porch/commands/{command_id}")).json()["state"]


async def test_connected_device_answers_whoever_waits(outside: Outside, porch: Device):
    asked = asyncio.create_task(
        outside.api.post("/devices/porch/commands", params={"wait": 20}, json={"name": "identify"})
    )
    await porch.answer(await command_of(porch), "shown")
    assert ((await asked).status_code, (await asked).json()["result"]) == (200, "shown")


async def test_command_waits_for_a_device_that_is_away(outside: Outside, connect: Connect):
    device = await connect(outside)
    made = (await outside.api.post("/devices/porch/commands", json={"name": "read"})).json()
    await device.join()
    command = await command_of(device)
    await device.answer(command, {"a": 1})
    assert command.id == made["id"]
    await until(lambda: state(outside, made["id"]), "done")


async def test_unanswered_command_is_sent_again_when_the_device_comes_back(outside: Outside, porch: Device):
    await outside.api.post("/devices/porch/commands", json={"name": "read"})
    first = await command_of(porch)
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    assert await command_of(porch) == first

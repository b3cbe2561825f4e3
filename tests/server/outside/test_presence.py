"""Who is online, by what devices have said on their status topic; and nobody is while nobody says so."""

import pytest
from henge_protocol import topics

from tests.server.device import Device
from tests.server.outside.conftest import Outside, StartServer


async def test_device_is_online_when_it_says_so(outside: Outside, porch: Device):
    await outside.is_("porch", "online")
    assert await outside.metric("henge_devices_online") == 1


@pytest.mark.parametrize("status", ["offline", "sleeping"])
async def test_device_is_what_it_says_it_is(outside: Outside, porch: Device, status: str):
    await outside.is_("porch", "online")
    await porch.say(topics.STATUS, status.encode(), retain=True)
    await outside.is_("porch", status)
    assert await outside.metric("henge_devices_online") == 0


async def test_device_is_offline_when_its_will_says_so(outside: Outside, porch: Device):
    await outside.is_("porch", "online")
    porch.cut()
    await outside.is_("porch", "offline")


async def test_everybody_is_offline_when_the_broker_is_gone(outside: Outside, porch: Device):
    await outside.is_("porch", "online")
    await outside.broker.stop()
    await outside.is_("porch", "offline")


async def test_who_is_online_is_known_when_the_server_starts_again(
    outside: Outside, porch: Device, start_server: StartServer
):
    await outside.is_("porch", "online")
    await outside.server.__aexit__()
    again = await start_server(outside.broker)
    await again.is_("porch", "online")


async def test_status_that_is_none_changes_nothing(outside: Outside, porch: Device):
    await outside.is_("porch", "online")
    await porch.say(topics.STATUS, b"busy", retain=True)
    await outside.counts("henge_messages_unreadable_total", 1)
    assert await outside.status("porch") == "online"

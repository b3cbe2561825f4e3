"""Nothing of a removed device stays at the broker."""

from tests.server.device import Device
from tests.server.outside.brokers import OutsideBroker
from tests.server.outside.conftest import Connect, Outside, StartServer, retained, until


async def test_what_is_retained_for_it_is_cleared_when_a_device_is_removed(outside: Outside, porch: Device):
    await outside.is_("porch", "online")
    (await outside.api.delete("/devices/porch")).raise_for_status()
    for channel in ("desired", "status"):
        await until(lambda channel=channel: retained(outside.broker, "porch", channel), None)
    assert await outside.metric("henge_devices_online") == 0


async def test_it_is_cleared_when_the_device_was_removed_while_the_broker_was_away(
    keeping: OutsideBroker, start_server: StartServer, connect: Connect
):
    outside = await start_server(keeping)
    await connect(outside)
    await until(lambda: retained(keeping, "porch", "desired"), 1)
    await keeping.stop()
    (await outside.api.delete("/devices/porch")).raise_for_status()
    await outside.server.__aexit__()
    await keeping.start()
    assert await retained(keeping, "porch", "desired") == 1
    await start_server(keeping)
    await until(lambda: retained(keeping, "porch", "desired"), None)


async def test_document_of_another_servers_device_is_left_alone(keeping: OutsideBroker, start_server: StartServer):
    await keeping.publish("henge/v1/theirs/desired", b"\xa0", retain=True)
    outside = await start_server(keeping)
    (await outside.api.post("/devices", json={"id": "porch"})).raise_for_status()
    await until(lambda: retained(keeping, "porch", "desired"), 1)
    assert await keeping.retains("henge/v1/theirs/desired") == b"\xa0"


async def test_device_of_a_removed_ones_name_gets_its_own_document(outside: Outside, connect: Connect):
    await connect(outside)
    await until(lambda: retained(outside.broker, "porch", "desired"), 1)
    (await outside.api.delete("/devices/porch")).raise_for_status()
    again = await connect(outside)
    await until(lambda: retained(outside.broker, "porch", "desired"), 2)
    await again.join()
    assert (await again.take()).rev == 2

"""The broker is gone for a while, or the server is; the newest document is there afterwards, and no report is lost."""

from pathlib import Path

from tests.server.device import Device, values
from tests.server.outside.brokers import OutsideBroker
from tests.server.outside.conftest import Connect, Outside, StartServer, retained, taken, until
from tests.server.test_disk_full import fill

_PUBLISHED = "henge_outside_messages_published_total"


async def test_server_starts_and_waits_when_the_broker_is_away(broker: OutsideBroker, start_server: StartServer):
    await broker.stop()
    outside = await start_server(broker, ready=False)
    (await outside.api.post("/devices", json={"id": "porch", "schema": "lamp"})).raise_for_status()
    assert f"The broker at {broker.address} is not connected: " in await outside.why_not_ready()
    assert await outside.metric("henge_outside_connected") == 0
    await broker.start()
    await until(outside.is_ready)
    await until(lambda: retained(broker, "porch", "desired"), 1)
    assert await outside.metric("henge_outside_connected") == 1


async def test_documents_are_published_again_when_the_broker_has_forgotten_them(
    outside: Outside, porch: Device, connect: Connect
):
    await outside.broker.restart()
    await until(lambda: retained(outside.broker, "porch", "desired"), 1)
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    await porch.take()


async def test_nothing_is_published_again_when_the_broker_has_kept_it(
    keeping: OutsideBroker, start_server: StartServer, connect: Connect
):
    outside = await start_server(keeping)
    await connect(outside)
    await outside.counts(_PUBLISHED, 1)
    await keeping.restart()
    await until(outside.is_ready)
    await outside.set("porch", led_on=False)
    await outside.counts(_PUBLISHED, 2)
    assert await retained(keeping, "porch", "desired") == 2


async def test_only_the_newest_is_published_when_it_changed_while_the_broker_was_away(outside: Outside, porch: Device):
    await outside.broker.stop()
    for level in (10, 20, 30):
        await outside.set("porch", led_brightness=level)
    before = await outside.metric(_PUBLISHED)
    await outside.broker.start()
    await until(lambda: retained(outside.broker, "porch", "desired"), 4)
    assert await outside.metric(_PUBLISHED) == before + 1
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    assert values(await taken(porch, 4))["led.brightness"] == 30


async def test_change_is_published_when_it_was_made_by_a_server_that_was_stopped_at_once(
    outside: Outside, porch: Device, start_server: StartServer
):
    await outside.broker.stop()
    await outside.set("porch", led_on=False)
    await outside.server.__aexit__()
    await outside.broker.start()
    await start_server(outside.broker)
    await until(lambda: retained(outside.broker, "porch", "desired"), 2)


async def test_report_is_recorded_when_it_was_made_while_the_server_was_away(
    keeping: OutsideBroker, start_server: StartServer, connect: Connect
):
    """amqtt loses it; the next hello of the device repeats it."""
    outside = await start_server(keeping)
    device = await connect(outside)
    await device.join()
    desired = await device.desired()
    await outside.server.__aexit__()
    await device.report(desired)
    again = await start_server(keeping)
    await again.has("porch")


async def test_what_could_not_be_stored_comes_again_when_there_is_room(
    keeping: OutsideBroker, start_server: StartServer, connect: Connect, data: Path
):
    """It was not acknowledged to the broker, which keeps it for the server."""
    small = await start_server(keeping, store_max_bytes=1 << 20)
    device = await connect(small)
    await device.join()
    await device.take()
    await fill(small.api)
    while await small.metric("henge_outside_connections_lost_total") == 0:
        device.boot += 1
        await device.hello(reset="x" * 500, digest=b"something else..")
    await small.server.__aexit__()
    larger = await start_server(keeping, store_max_bytes=1 << 24)
    await larger.has("porch", "drifted")

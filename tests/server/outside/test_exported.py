"""mosquitto with exactly the files that `fleetctl broker export mosquitto` writes: who may do what there."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from henge_protocol import topics
from henge_protocol.messages import REJECTED, Desired

from tests.ports import free_port
from tests.server.conftest import registered
from tests.server.device import Device, Refused
from tests.server.outside import brokers
from tests.server.outside.brokers import OutsideBroker
from tests.server.outside.conftest import Outside, StartServer, credential_file


def export(folder: Path, *options: str) -> None:
    argv = [sys.executable, "-m", "fleetctl", "broker", "export", "mosquitto", "--out", str(folder), *options]
    subprocess.run(argv, check=True, stdout=subprocess.PIPE)


@pytest.fixture
async def guarded(mosquitto: Path, tmp_path: Path) -> AsyncIterator[OutsideBroker]:
    """mosquitto as exported, with the server's user only."""
    port = free_port()
    export(tmp_path / "mosquitto", "--listen", f"127.0.0.1:{port}")
    found = brokers.exported(mosquitto, tmp_path / "mosquitto", port)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def outside(start_server: StartServer, guarded: OutsideBroker, tmp_path: Path) -> Outside:
    password = tmp_path / "mosquitto" / "henge-server-password"
    return await start_server(guarded, broker_user="henge_server", broker_password_file=password)


@pytest.fixture
async def credentials(outside: Outside, tmp_path: Path) -> dict[str, dict[str, str]]:
    """Of two devices, which mosquitto knows."""
    found = {name: await registered(outside.api, name) for name in ("porch", "hall")}
    files = [str(credential_file(tmp_path, credential)) for credential in found.values()]
    export(tmp_path / "mosquitto", *[word for file in files for word in ("--credential", file)])
    await outside.broker.reload()
    return found


@pytest.fixture
async def porch(outside: Outside, credentials: dict[str, dict[str, str]]) -> AsyncIterator[Device]:
    async with Device(outside.broker.address, credentials["porch"]) as device:
        await device.join()
        await device.take()
        await outside.has("porch")
        await outside.is_("porch", "online")
        yield device


@pytest.fixture
async def hall(outside: Outside, credentials: dict[str, dict[str, str]]) -> AsyncIterator[Device]:
    async with Device(outside.broker.address, credentials["hall"]) as device:
        yield device


async def test_change_is_applied_and_reported(outside: Outside, porch: Device):
    patch = outside.api.patch("/devices/porch/config", params={"wait": 20}, json={"led.on": False})
    answer, _ = await asyncio.gather(patch, porch.take())
    assert answer.json()["sync"] == "in_step"


async def test_device_reads_nothing_of_another(outside: Outside, porch: Device, hall: Device):
    for topic_filter in ("henge/v1/porch/desired", "henge/v1/+/desired", "henge/v1/porch/#", "#"):
        await hall.client.subscribe(topic_filter, qos=1)
    await outside.set("porch", led_on=False)
    await porch.take()
    await outside.has("porch")
    await outside.set("hall", led_on=False)
    while (message := await anext(hall.client.messages)).retain:
        assert str(message.topic) == hall.topic(topics.DESIRED)
    assert str(message.topic) == hall.topic(topics.DESIRED)
    await hall.client.subscribe(hall.topic(topics.COMMAND))
    waiting = [await anext(hall.client.messages) for _ in range(len(hall.client.messages))]
    assert {str(message.topic) for message in waiting} <= {hall.topic(topics.DESIRED)}


async def test_device_says_nothing_in_the_name_of_another(outside: Outside, porch: Device, hall: Device):
    await hall.client.publish("henge/v1/porch/status", b"offline", qos=1, retain=True)
    await hall.client.publish("henge/v1/porch/report", b"\xff", qos=1)
    await hall.client.publish("henge/v1/porch/desired", b"\xa0", qos=1, retain=True)
    await hall.join()
    await outside.is_("hall", "online")  # what it said before was heard before
    assert await outside.status("porch") == "online"
    assert await outside.metric("henge_messages_unreadable_total") == 0
    await porch.nothing_more()


async def test_connection_is_not_ended_when_another_borrows_the_client_id(
    outside: Outside, porch: Device, hall: Device
):
    await hall.disconnect()
    await hall.connect(identifier="porch")
    await hall.join()
    await outside.is_("hall", "online")
    await porch.hello()
    assert await outside.status("porch") == "online"


@pytest.mark.parametrize(("user", "password"), [(None, None), ("porch", "guessed"), ("nobody", "guessed")])
async def test_nobody_is_let_in_without_the_right_password(
    outside: Outside, credentials: dict[str, dict[str, str]], user: str | None, password: str | None
):
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client("127.0.0.1", outside.broker.port, username=user, password=password):
            pass


async def test_rotated_credential_takes_over_when_it_is_first_used(
    outside: Outside, credentials: dict[str, dict[str, str]], tmp_path: Path
):
    """The server cannot see a password there: that a document's signature does not fit tells it of the new key."""
    following = (await outside.api.post("/devices/porch/credential")).json()["credential"]
    export(tmp_path / "mosquitto", "--credential", str(credential_file(tmp_path, following)))
    await outside.broker.reload()
    with pytest.raises(Refused):
        await Device(outside.broker.address, credentials["porch"]).connect()
    async with Device(outside.broker.address, following) as device:
        await device.join()
        message = await anext(device.client.messages)
        assert isinstance(message.payload, bytes)
        errors = {"": ["bad_mac", "the signature does not fit"]}
        await device.report(Desired.decode(message.payload), REJECTED, errors=errors)
        assert (await device.take()).rev == 2
        await outside.has("porch")

"""What devices say: taken in once, on disk before it is acknowledged, and never able to harm anybody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from henge_protocol import topics
from henge_protocol.messages import APPLIED, REJECTED, TRIAL
from henge_server.errors import StoreFull
from henge_server.server import Server
from henge_server.settings import Settings
from henge_server.store import Write
from henge_server.store.lmdb import LmdbStore

from tests.server.conftest import Connect, Register, apply_lamp, client_of, registered, settings_in
from tests.server.device import Device, values

CONFIG = "/devices/porch/config"


async def read(api: httpx.AsyncClient) -> dict[str, Any]:
    return (await api.get(CONFIG)).json()


class Disk(LmdbStore):
    """A store whose disk can be held up, or full; closed again with the server."""

    free: asyncio.Event
    full = False

    async def write(self, write: Write) -> int:
        await self.free.wait()
        if self.full:
            raise StoreFull("The disk is full.")
        return await super().write(write)


@pytest.fixture
async def disk(data: Path, tmp_path: Path) -> Disk:
    disk = await Disk.open(data / "store")
    assert isinstance(disk, Disk)
    disk.free = asyncio.Event()
    disk.free.set()
    return disk


@pytest.fixture
async def server(tmp_path: Path, disk: Disk) -> AsyncIterator[Server]:
    async def open_it(_: Path, __: Settings, ___: bool) -> Disk:
        return disk

    async with Server(settings_in(tmp_path / "server"), open_it) as found:
        yield found
        disk.free.set()


async def test_report_is_acknowledged_when_it_is_on_disk(api: httpx.AsyncClient, porch: Device, disk: Disk) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    disk.free.clear()
    acknowledged = asyncio.create_task(porch.report(desired))
    await porch.nothing_more()  # an answer to what was sent after the report
    assert not acknowledged.done()
    assert (await read(api))["sync"] == "pending"
    disk.free.set()
    await acknowledged
    assert (await read(api))["sync"] == "in_step"


async def test_document_waits_for_the_hello(register: Register, connect: Connect, disk: Disk) -> None:
    device = await connect(await register())
    disk.free.clear()
    joined = asyncio.create_task(device.join())
    await device.say(topics.TELEMETRY, b"", qos=0)
    await asyncio.wait([joined], timeout=0.05)
    assert not len(device.client.messages)
    disk.free.set()
    await joined
    assert (await device.desired()).rev == 1


async def test_report_to_a_full_disk_is_not_acknowledged_and_comes_again(
    api: httpx.AsyncClient, porch: Device, disk: Disk
) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    disk.full = True
    report = porch.report_of(desired)
    assert not await porch.is_heard(topics.REPORT, report.encode())
    assert (await api.patch(CONFIG, json={"led.on": True})).status_code == 507
    assert (await read(api))["sync"] == "pending"
    disk.full = False
    await porch.disconnect()
    await porch.connect()
    await porch.join(last=report.fields())
    assert (await read(api))["sync"] == "in_step"


async def test_duplicate_report_changes_nothing(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    report = await porch.report(desired)
    before = await read(api)
    await porch.say(topics.REPORT, report.encode())
    assert await read(api) == before


async def test_late_report_changes_nothing(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    late = porch.report_of(desired, TRIAL)
    await porch.report(desired)
    before = await read(api)
    await porch.say(topics.REPORT, late.encode())
    assert await read(api) == before
    assert before["sync"] == "in_step"


async def test_outcome_is_final(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    await porch.report(desired, REJECTED)
    await porch.report(desired, APPLIED)
    assert (await read(api))["sync"] == "rejected"


async def test_lost_report_comes_with_the_next_hello(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    lost = porch.report_of(await porch.desired())
    await porch.disconnect()
    await porch.connect()
    await porch.join(last=lost.fields())
    assert (await read(api))["sync"] == "in_step"


async def test_device_that_runs_something_else_has_drifted(api: httpx.AsyncClient, porch: Device) -> None:
    await porch.hello(digest=b"something else..")
    assert (await read(api))["sync"] == "drifted"


async def test_device_that_knows_more_is_held(api: httpx.AsyncClient, porch: Device) -> None:
    await porch.disconnect()
    epoch = porch.order[0]
    porch.order = (epoch, 9)
    await porch.connect()
    await porch.join()
    assert (await read(api))["sync"] == "ahead"
    await api.patch(CONFIG, json={"led.on": False})
    await porch.nothing_more()
    shown = (await api.get("/devices", params={"sync": "ahead"})).json()["items"]
    assert [device["id"] for device in shown] == ["porch"]


async def test_held_device_is_not_let_go_by_later_revisions(api: httpx.AsyncClient, porch: Device) -> None:
    await porch.disconnect()
    porch.order = (porch.order[0], 3)
    await porch.connect()
    await porch.join()
    for brightness in range(5):
        await api.patch(CONFIG, json={"led.brightness": brightness})
    await porch.disconnect()
    await porch.connect()
    await porch.join()
    await porch.nothing_more()
    assert (await read(api))["sync"] == "ahead"


async def test_report_from_another_epoch_is_no_outcome(api: httpx.AsyncClient, porch: Device) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    desired = await porch.desired()
    await porch.report(desired, REJECTED, epoch=desired.epoch - 1)
    assert (await read(api))["sync"] == "pending"


async def test_two_boards_of_one_identity_are_named(api: httpx.AsyncClient, porch: Device) -> None:
    async with asyncio.timeout(20), api.stream("GET", "/events", params={"device": "porch"}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await porch.hello(uid=b"another", boot=2)
        async for line in lines:
            if "uid_before" in line:
                assert b"hardware".hex() in line
                assert b"another".hex() in line
                break


async def test_second_connection_takes_over(api: httpx.AsyncClient, porch: Device, connect: Connect) -> None:
    second = await connect(porch.credential, boot=2)
    await second.join()
    assert (await api.get("/devices/porch")).json()["status"] == "online"
    await api.patch(CONFIG, json={"led.on": False})
    while (desired := await second.desired()).rev < 2:
        pass
    assert values(desired)["led.on"] is False


async def test_removal_amid_reports_harms_no_other_device(
    api: httpx.AsyncClient, register: Register, connect: Connect, disk: Disk
) -> None:
    devices = [await connect(await register(name)) for name in ("stays", "goes")]
    for device in devices:
        await device.join()
    documents = [await device.desired() for device in devices]
    disk.free.clear()
    removed = asyncio.create_task(api.delete("/devices/goes"))
    saying = [asyncio.create_task(d.report(document)) for d, document in zip(devices, documents, strict=True)]
    await devices[0].nothing_more()
    disk.free.set()
    await asyncio.wait([removed, saying[0]])
    saying[1].cancel()  # it may have been cut off before its turn
    await asyncio.wait(saying)
    assert (await api.get("/devices/stays")).json()["sync"] == "in_step"
    await devices[0].nothing_more()


async def test_what_was_heard_is_there_after_a_restart(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "again")
    async with Server(settings) as server, client_of(server) as api:
        await apply_lamp(api)
        credential = await registered(api, "porch")
        async with Device(server.ready.mqtt, credential) as device:
            await device.join()
            await device.take()
    async with Server(settings) as server, client_of(server) as api:
        assert (await read(api))["sync"] == "in_step"
        assert (await api.get("/devices/porch")).json()["status"] == "offline"


async def test_what_is_wrong_with_a_board_is_shown_and_told(api: httpx.AsyncClient, porch: Device) -> None:
    async with asyncio.timeout(20), api.stream("GET", "/events", params={"device": "porch"}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await porch.hello(found="slot-1 was damaged", safe=True, rssi=-61, caps=b"")
        async for line in lines:
            if line.startswith("data:"):
                data = json.loads(line.removeprefix("data:"))["data"]
                break
    assert (data["found"], data["safe"]) == ("slot-1 was damaged", True)
    shown = (await api.get("/devices/porch")).json()
    assert (shown["found"], shown["safe"], shown["rssi"]) == ("slot-1 was damaged", True, -61)

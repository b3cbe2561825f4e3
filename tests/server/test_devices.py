"""Devices come, change, get new credentials, and go."""

import asyncio
from pathlib import Path

import httpx
import pytest
from henge_server.models import AuditEntry
from henge_server.server import Server
from henge_server.store.lmdb import LmdbStore

from tests.server.conftest import Connect, Register
from tests.server.device import Device, Refused, values

DEVICE = "/devices/porch"


async def ids(api: httpx.AsyncClient, **filters: str | list[str]) -> list[str]:
    return [device["id"] for device in (await api.get("/devices", params=filters)).json()["items"]]


async def test_credential_is_shown_once_and_works(api: httpx.AsyncClient, register: Register, connect: Connect) -> None:
    credential = await register("porch", name="The porch")
    await (await connect(credential)).join()
    shown = (await api.get(DEVICE)).text + (await api.get("/devices")).text + (await api.get(f"{DEVICE}/config")).text
    assert credential["password"] not in shown
    assert credential["config_key"] not in shown


async def test_second_device_of_a_name_is_refused(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    answer = await api.post("/devices", json={"id": "porch"})
    assert (answer.status_code, answer.json()["title"]) == (409, "Already there")


async def test_only_one_of_two_registrations_at_once_is_accepted(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.post("/devices", json={"id": "porch"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize("bad", ["", "Porch", "-porch", "porch/1", "+", "#", "a" * 64, "$sys", "pörch"])
async def test_id_that_cannot_be_a_topic_is_refused(api: httpx.AsyncClient, bad: str) -> None:
    answer = await api.post("/devices", json={"id": bad})
    assert answer.status_code == 400
    assert "device id" in answer.json()["detail"]


async def test_unknown_schema_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.post("/devices", json={"id": "porch", "schema": "boat"})).status_code == 404


async def test_labels_choose_devices(api: httpx.AsyncClient, register: Register) -> None:
    await register("one", labels={"room": "kitchen", "floor": "1"})
    await register("two", labels={"room": "kitchen", "floor": "2"})
    await register("three", labels={"room": "hall"})
    assert await ids(api, label="room:kitchen") == ["one", "two"]
    assert await ids(api, label=["room:kitchen", "floor:2"]) == ["two"]
    assert await ids(api, label="room:attic") == []
    assert (await api.get("/devices", params={"label": "kitchen"})).status_code == 400


async def test_labels_merge_and_null_removes(api: httpx.AsyncClient, register: Register) -> None:
    await register("one", labels={"room": "kitchen", "floor": "1"})
    answer = await api.patch("/devices/one", json={"labels": {"floor": None, "lamp": "big"}, "name": "One"})
    assert answer.json()["labels"] == {"room": "kitchen", "lamp": "big"}
    assert answer.json()["name"] == "One"


async def test_status_and_sync_choose_devices(api: httpx.AsyncClient, register: Register, porch: Device) -> None:
    await register("away")
    assert await ids(api, status="online") == ["porch"]
    assert await ids(api, status="offline") == ["away"]
    assert await ids(api, sync="in_step") == ["porch"]
    assert await ids(api, sync="pending") == ["away"]


async def test_pages_hold_every_device_once(api: httpx.AsyncClient, register: Register) -> None:
    for number in range(5):
        await register(f"lamp-{number}")
    found: list[str] = []
    cursor = None
    while True:
        page = (await api.get("/devices", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        found += [device["id"] for device in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == [f"lamp-{number}" for number in range(5)]


async def test_device_moves_to_another_schema(api: httpx.AsyncClient, porch: Device) -> None:
    await api.put("/schemas/fan", json={"settings": {"fan.on": {"type": "bool", "default": False}}})
    answer = await api.patch(DEVICE, json={"schema": "fan"})
    assert answer.json()["schema"] == {"name": "fan", "version": 1}
    assert values(await porch.take()) == {"fan.on": False}


async def test_move_that_breaks_own_values_is_refused(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    await api.patch(f"{DEVICE}/config", json={"led.on": False})
    await api.put("/schemas/fan", json={"settings": {"fan.on": {"type": "bool", "default": False}}})
    answer = await api.patch(DEVICE, json={"schema": "fan"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["key"] == "led.on"


async def test_removed_device_is_cut_off_and_gone(api: httpx.AsyncClient, porch: Device, register: Register) -> None:
    assert (await api.delete(DEVICE)).status_code == 204
    for path in (DEVICE, f"{DEVICE}/config", f"{DEVICE}/revisions"):
        assert (await api.get(path)).status_code == 404
    await porch.cut_off()
    await porch.disconnect()
    with pytest.raises(Refused):
        await porch.connect()


async def test_nothing_is_retained_for_a_removed_device(server: Server, api: httpx.AsyncClient, porch: Device) -> None:
    async def retained() -> bool:
        text = (await api.get(server.ready.url + "/metrics")).text
        return "\nhenge_mqtt_retained_messages 1.0\n" in text

    assert await retained()  # its status
    await api.delete(DEVICE)
    await porch.cut_off()
    assert not await retained()


async def test_device_of_a_removed_ones_name_counts_on(
    api: httpx.AsyncClient, register: Register, porch: Device, connect: Connect
) -> None:
    await api.patch(f"{DEVICE}/config", json={"led.on": False})
    await api.delete(DEVICE)
    again = await register("porch")
    assert again["config_key"] != porch.key.hex()
    shown = (await api.get(DEVICE)).json()
    assert (shown["desired_rev"], shown["board"], shown["reported_rev"]) == (3, "", None)
    assert (shown["status"], shown["last_heard_at"]) == ("offline", None)
    device = await connect(again)
    await device.join()
    assert values(await device.take())["led.on"] is True
    assert [entry["rev"] for entry in (await api.get(f"{DEVICE}/revisions")).json()["items"]] == [3]


async def test_removal_and_registration_at_once_end_the_old_connection(
    api: httpx.AsyncClient, register: Register, porch: Device
) -> None:
    await asyncio.gather(api.delete(DEVICE), *(api.patch(f"{DEVICE}/config", json={"led.on": False}) for _ in range(3)))
    await register("porch")
    await porch.cut_off()


async def test_rotated_credential_takes_over_when_it_is_first_used(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    renewed = (await api.post(f"{DEVICE}/credential")).json()["credential"]
    assert (await api.get(DEVICE)).json()["credential_pending"]
    await porch.disconnect()
    await porch.connect()  # the old one still works
    device = await connect(renewed)
    await device.join()
    assert (await device.take()).rev == 2  # signed under the new key: `desired` checks it
    assert not (await api.get(DEVICE)).json()["credential_pending"]
    await porch.disconnect()
    with pytest.raises(Refused):
        await porch.connect()


async def test_rotating_again_replaces_the_unused_credential(
    api: httpx.AsyncClient, porch: Device, connect: Connect
) -> None:
    first = (await api.post(f"{DEVICE}/credential")).json()["credential"]
    second = (await api.post(f"{DEVICE}/credential")).json()["credential"]
    with pytest.raises(Refused):
        await connect(first)
    await (await connect(second)).join()


async def audit(data: Path) -> list[AuditEntry]:
    """Every audit entry of a stopped server, the oldest first."""
    store = await LmdbStore.open(data / "store")
    try:
        return [entry for _, entry in reversed(await store.audit())]
    finally:
        await store.close()


async def test_each_write_leaves_an_audit_entry(
    data: Path, api: httpx.AsyncClient, server: Server, register: Register
) -> None:
    await register()
    await api.patch(DEVICE, json={"name": "The porch"})
    await api.patch(f"{DEVICE}/config", json={"wifi.password": "secret"})
    await api.put(f"{DEVICE}/config", json={})
    await api.post(f"{DEVICE}/rollback", json={"rev": 2})
    await api.post(f"{DEVICE}/credential")
    await api.delete(DEVICE)
    await server.__aexit__()
    entries = await audit(data)
    assert [entry.action for entry in entries] == [
        "token.add",
        "schema.apply",
        "device.add",
        "device.change",
        "config.set",
        "config.replace",
        "config.rollback",
        "device.rotate",
        "device.remove",
    ]
    assert all("secret" not in str(entry.detail) for entry in entries)


async def test_without_a_token_nothing_is_told(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
        for method, path in (("GET", "/devices"), ("GET", DEVICE), ("DELETE", DEVICE), ("GET", "/events")):
            answer = await api.request(method, path, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

"""A firmware announces what it can be told: asked once, kept once, and its devices are sent that and no more."""

import asyncio
from typing import Any

import httpx
import pytest
from henge_protocol import topics
from henge_server.server import Server
from henge_server.store.lmdb import LmdbStore

from tests.server.conftest import Connect, Register, apply_lamp, client_of, registered, settings_in
from tests.server.device import Device, values
from tests.server.lamp import BOARD, LAMP

CONFIG = "/devices/porch/config"

OLD = {key: LAMP[key] for key in ("led.on", "led.brightness")}  # a firmware that knows less than the schema
TIGHT = LAMP | {"led.brightness": {"type": "int", "min": 0, "max": 50, "default": 20, "unit": "%"}}


@pytest.fixture
async def device(register: Register, connect: Connect) -> Device:
    """A device that has just connected and said nothing yet."""
    return await connect(await register())


async def unsupported(api: httpx.AsyncClient) -> dict[str, str]:
    return {entry["key"]: entry["code"] for entry in (await api.get(CONFIG)).json()["unsupported"]}


async def test_unknown_firmware_is_asked_before_it_is_sent_anything(api: httpx.AsyncClient, device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.announce()
    desired = await device.take()
    assert values(desired) == {"led.on": True, "led.brightness": 60}
    assert await unsupported(api) == dict.fromkeys(LAMP.keys() - OLD.keys() - {"wifi.password"}, "unknown_key")
    config = (await api.get(CONFIG)).json()
    assert (config["sync"], config["desired"]["rev"]) == ("in_step", 2)
    assert config["desired"]["origin"].keys() == config["desired"]["values"].keys() == OLD.keys()


async def test_firmware_that_knows_every_key_gets_the_revision_that_there_is(
    api: httpx.AsyncClient, device: Device
) -> None:
    device.knows(LAMP)
    await device.join()
    await device.announce()
    assert (await device.take()).rev == 1
    assert await unsupported(api) == {}


async def test_known_firmware_is_not_asked_again(device: Device, register: Register, connect: Connect) -> None:
    device.knows(OLD)
    await device.join()
    await device.announce()
    await device.take()
    await device.disconnect()
    await device.connect()
    await device.join()
    assert (await device.take()).rev == 2
    await device.nothing_more()
    second = await connect(await register("second"))
    second.knows(OLD)
    await second.join()
    assert values(await second.take()) == {"led.on": True, "led.brightness": 60}


async def test_device_that_announces_nothing_gets_every_key(device: Device) -> None:
    await device.join()
    assert values(await device.take()).keys() == LAMP.keys() - {"wifi.password"}


async def test_device_that_cannot_describe_gets_every_key_at_once(device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.answer(await device.command(), "not supported", ok=False)
    assert values(await device.take()).keys() == LAMP.keys() - {"wifi.password"}


async def test_device_that_does_not_answer_gets_every_key_in_the_end(device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.command()
    assert values(await device.take()).keys() == LAMP.keys() - {"wifi.password"}


async def test_device_that_went_on_without_an_answer_is_asked_but_waits_no_more(device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.command()
    await device.take()  # in the end
    await device.disconnect()
    await device.connect()
    await device.join()
    assert (await device.take()).rev == 1  # before it could be asked: nothing was held back
    await device.announce()
    assert values(await device.take()) == {"led.on": True, "led.brightness": 60}


async def test_device_that_went_on_without_an_answer_waits_again_with_another_firmware(device: Device) -> None:
    device.knows(TIGHT)
    await device.join()
    await device.command()
    await device.take()
    await device.disconnect()
    device.knows(OLD)
    await device.connect()
    await device.join()
    await device.announce()
    assert values(await device.take()) == {"led.on": True, "led.brightness": 60}


async def test_device_that_said_nothing_of_a_document_either_waits_again(device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.command()
    await device.desired()
    await device.disconnect()
    await device.connect()
    await device.join()
    await device.announce()
    assert values(await device.take()) == {"led.on": True, "led.brightness": 60}


@pytest.mark.parametrize(
    "said", [b"\xa0", b"\xff", b"\xa1hsettings\xa0", b"\xa1hsettings\xa1fled.on\xa1dtypeebogus", bytes(16_500)]
)
async def test_announcement_that_cannot_be_used_is_taken_for_none(device: Device, said: bytes) -> None:
    device.knows(OLD)
    await device.join()
    command = await device.command()
    await device.say(topics.SCHEMA, said)
    await device.answer(command, device.caps)
    assert values(await device.take()).keys() == LAMP.keys() - {"wifi.password"}


async def test_announcement_that_the_hello_did_not_name_is_not_kept(data: Any, server: Server, device: Device) -> None:
    device.knows(OLD)
    await device.join(caps=bytes(16))
    await device.announce()
    await device.take()
    await server.__aexit__()
    store = await LmdbStore.open(data / "store")
    assert await store.announced() == []
    await store.close()


async def test_announcement_that_nobody_asked_for_is_not_kept(data: Any, server: Server, device: Device) -> None:
    await device.join()
    await device.take()
    device.knows(OLD)
    await device.hello()
    await device.say(topics.SCHEMA, device.announcement)
    await server.__aexit__()
    store = await LmdbStore.open(data / "store")
    assert await store.announced() == []
    await store.close()


async def test_digest_of_another_length_harms_nothing(api: httpx.AsyncClient, device: Device) -> None:
    await device.join(caps=bytes(600))
    await device.answer(await device.command(), "no", ok=False)
    await device.take()
    assert (await api.get(CONFIG)).json()["sync"] == "in_step"


async def test_value_that_the_firmware_forbids_is_refused_with_its_limit(
    api: httpx.AsyncClient, device: Device
) -> None:
    device.knows(TIGHT)
    await device.join()
    await device.announce()
    await device.take()
    answer = await api.patch(CONFIG, json={"led.brightness": 60})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "60 is above the maximum of 50 % (the firmware's limit)"
    assert (await api.patch(CONFIG, json={"led.brightness": 50})).status_code == 200


async def test_values_that_were_set_before_are_left_out_where_the_firmware_forbids_them(
    api: httpx.AsyncClient, device: Device
) -> None:
    await api.patch(CONFIG, json={"led.brightness": 60, "wifi.password": "correct horse"})
    device.knows(TIGHT | {"wifi.password": {"type": "string", "secret": True, "max_length": 4}})
    await device.join()
    await device.announce()
    assert not {"led.brightness", "wifi.password"} & values(await device.take()).keys()
    assert await unsupported(api) == {"led.brightness": "out_of_range", "wifi.password": "too_long"}
    assert "horse" not in (await api.get(CONFIG)).text


async def test_secret_goes_to_no_firmware_that_would_show_it(api: httpx.AsyncClient, device: Device) -> None:
    await api.patch(CONFIG, json={"wifi.password": "correct horse"})
    device.knows(LAMP | {"wifi.password": {"type": "string"}})
    await device.join()
    await device.announce()
    assert "wifi.password" not in values(await device.take())
    assert await unsupported(api) == {"wifi.password": "wrong_type"}


async def test_key_that_the_firmware_does_not_know_is_kept_for_a_later_one(
    api: httpx.AsyncClient, device: Device
) -> None:
    device.knows(OLD)
    await device.join()
    await device.announce()
    await device.take()
    assert (await api.patch(CONFIG, json={"led.mode": "blink"})).status_code == 200
    assert "led.mode" not in values(await device.take())
    await device.disconnect()
    device.knows(LAMP)  # the update
    await device.connect()
    await device.join()
    await device.announce()
    assert values(await device.take())["led.mode"] == "blink"
    newest = (await api.get("/devices/porch/revisions")).json()["items"][0]
    assert (newest["by"], newest["why"]) == ("server", "for its firmware")


async def test_refused_document_is_made_anew_when_the_firmware_says_what_it_knows(
    api: httpx.AsyncClient, device: Device
) -> None:
    await device.join()
    await device.report(await device.desired(), "rejected", errors={"led.mode": ["unknown_key", "no such setting"]})
    device.knows(OLD)
    await device.disconnect()
    await device.connect()
    await device.join()
    await device.announce()
    assert values(await device.take()) == {"led.on": True, "led.brightness": 60}
    assert (await api.get(CONFIG)).json()["sync"] == "in_step"


async def test_change_meanwhile_waits_until_the_firmware_is_known(api: httpx.AsyncClient, device: Device) -> None:
    device.knows(OLD)
    await device.join()
    command = await device.command()
    await api.patch(CONFIG, json={"led.brightness": 5})
    await device.nothing_more()
    await device.say(topics.SCHEMA, device.announcement)
    await device.answer(command, device.caps)
    assert values(await device.take()) == {"led.on": True, "led.brightness": 5}


async def test_one_answer_serves_all_that_wait_for_it(register: Register, connect: Connect) -> None:
    devices = [await connect(await register(name)) for name in ("one", "two", "three")]
    for device in devices:
        device.knows(OLD)
        await device.join()
        await device.command()
    await devices[0].say(topics.SCHEMA, devices[0].announcement)
    for device in devices:
        assert values(await device.take()) == {"led.on": True, "led.brightness": 60}


async def test_new_schema_version_fits_each_firmware(api: httpx.AsyncClient, device: Device) -> None:
    device.knows(OLD)
    await device.join()
    await device.announce()
    await device.take()
    await apply_lamp(api, LAMP | {"led.gamma": {"type": "float", "default": 1}, "led.on": {"type": "bool"}})
    assert values(await device.take()) == {"led.brightness": 60}


async def test_announcement_is_told_as_an_event(api: httpx.AsyncClient, device: Device) -> None:
    async with asyncio.timeout(20), api.stream("GET", "/events", params={"device": "porch"}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        device.knows(OLD)
        await device.join()
        await device.announce()
        async for line in lines:
            if line == "event: device.announced":
                data = await anext(lines)
                break
    assert f'"caps": "{device.caps.hex()}", "settings": 2' in data


async def test_announcements_are_forgotten_when_nobody_names_them(data: Any) -> None:
    async with Server(settings_in(data)) as server, client_of(server) as api:
        await apply_lamp(api)
        async with Device(server.ready.mqtt, await registered(api, "porch")) as device:
            for number in range(40):
                device.knows(BOARD | {f"more.of{number}": {"type": "int"}})
                await device.join()
                await device.announce()
                await device.take()
    store = await LmdbStore.open(data / "store")
    assert len(await store.announced()) < 40
    assert await store.announcement(device.caps)
    await store.close()


async def test_firmware_that_knows_more_than_a_document_holds_is_served_as_before(
    api: httpx.AsyncClient, register: Register, connect: Connect
) -> None:
    long = {f"text.n{number}": {"type": "string", "max_length": 4096} for number in range(3)}
    await api.put("/schemas/long", json={"settings": long})
    device = await connect(await register(schema="long"))
    device.knows({"text.n0": long["text.n0"]})
    await device.join()
    await device.announce()
    await device.take()
    assert (await api.patch(CONFIG, json=dict.fromkeys(long, "x" * 4000))).status_code == 200
    assert (await device.take()).rev == 2
    await device.disconnect()
    device.knows(long)
    await device.connect()
    await device.join()
    await device.announce()
    assert (await device.take()).rev == 2

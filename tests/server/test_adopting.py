"""What a firmware announced becomes a schema, and its device is put under it."""

from typing import Any

import httpx
import pytest
from henge_server.adoption import schema_name

from tests.server.conftest import Connect
from tests.server.device import Device, values

FAN = {
    "fan.speed": {"type": "int", "min": 0, "max": 9, "default": 3, "title": "Speed"},
    "led.on": {"type": "bool", "default": False},
}
DEVICE = "/devices/porch"


@pytest.fixture
async def fan(api: httpx.AsyncClient, connect: Connect) -> Device:
    """A device without a schema, whose drivers the server has never heard of."""
    return await announced(api, connect, "porch", FAN)


async def announced(
    api: httpx.AsyncClient, connect: Connect, name: str, settings: dict[str, Any], schema: str | None = None
) -> Device:
    body = {"id": name} | ({"schema": schema} if schema else {})
    device = await connect((await api.post("/devices", json=body)).json()["credential"])
    device.knows(settings)
    await device.join(board="Fan 2000")
    await device.announce()
    await device.take()
    return device


async def adopt(api: httpx.AsyncClient, device: str = "porch", name: str | None = None) -> httpx.Response:
    return await api.post(f"/devices/{device}/adopt", json={"name": name} if name else {})


async def test_board_with_unknown_drivers_becomes_configurable(api: httpx.AsyncClient, fan: Device) -> None:
    answer = await adopt(api)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "device": "porch",
        "schema": {"name": "fan-2000", "version": 1},
        "is_new": True,
        "others": 0,
        "rev": 2,
        "dropped": [],
    }
    assert values(await fan.take()) == {"fan.speed": 3, "led.on": False}
    await api.patch(f"{DEVICE}/config", json={"fan.speed": 9})
    assert values(await fan.take())["fan.speed"] == 9


async def test_what_was_announced_can_be_looked_at_before(api: httpx.AsyncClient, fan: Device) -> None:
    shown = (await api.get(f"{DEVICE}/announcement")).json()
    assert (shown["caps"], shown["settings"]) == (fan.caps.hex(), FAN)


async def test_adopting_again_changes_nothing(api: httpx.AsyncClient, fan: Device) -> None:
    first = (await adopt(api)).json()
    second = (await adopt(api)).json()
    assert second == first | {"is_new": False}


async def test_second_board_of_a_kind_comes_under_the_same_version(
    api: httpx.AsyncClient, fan: Device, connect: Connect
) -> None:
    await adopt(api)
    second = await connect((await api.post("/devices", json={"id": "attic"})).json()["credential"])
    second.knows(FAN)
    await second.join(board="Fan 2000")
    await second.take()
    assert (await adopt(api, "attic")).json()["schema"] == {"name": "fan-2000", "version": 1}


async def test_firmware_that_knows_more_makes_a_new_version_and_takes_no_board_its_settings(
    api: httpx.AsyncClient, fan: Device, connect: Connect
) -> None:
    await adopt(api)
    await fan.take()
    await announced(api, connect, "attic", FAN | {"fan.timer": {"type": "duration", "default": 60}})
    adopted = (await adopt(api, "attic")).json()
    assert (adopted["schema"], adopted["others"]) == ({"name": "fan-2000", "version": 2}, 1)
    assert values(await fan.take()) == {"fan.speed": 3, "led.on": False}
    unsupported = (await api.get(f"{DEVICE}/config")).json()["unsupported"]
    assert [entry["key"] for entry in unsupported] == ["fan.timer"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"led.on": FAN["led.on"]}, "it also has fan.speed"),
        (FAN | {"fan.speed": {"type": "float"}}, "fan.speed is of another type there"),
    ],
)
async def test_schema_of_that_name_that_would_lose_by_it_is_left_alone_and_the_choices_named(
    api: httpx.AsyncClient, fan: Device, connect: Connect, other: dict[str, Any], why: str
) -> None:
    await adopt(api)
    await announced(api, connect, "attic", other)
    refused = await adopt(api, "attic")
    assert refused.status_code == 409
    assert [part in refused.json()["detail"] for part in (why, "--name NAME", "--schema fan-2000")] == [True] * 3
    assert (await adopt(api, "attic", "other-fan")).json()["schema"] == {"name": "other-fan", "version": 1}


async def test_own_values_stay_where_they_fit_and_the_others_are_named(
    api: httpx.AsyncClient, connect: Connect
) -> None:
    device = await announced(api, connect, "porch", FAN, schema="lamp")
    await api.patch(f"{DEVICE}/config", json={"led.on": True, "wifi.password": "secret", "led.mode": "blink"})
    await device.take()
    answer = (await adopt(api)).json()
    assert {entry["key"]: entry["code"] for entry in answer["dropped"]} == {
        "led.mode": "unknown_key",
        "wifi.password": "unknown_key",
    }
    assert values(await device.take()) == {"fan.speed": 3, "led.on": True}


async def test_device_that_announced_nothing_has_nothing_to_adopt(api: httpx.AsyncClient, porch: Device) -> None:
    for answer in (await adopt(api), await api.get(f"{DEVICE}/announcement")):
        assert (answer.status_code, "announced nothing" in answer.json()["detail"]) == (404, True)


async def test_name_that_can_be_none_is_refused(api: httpx.AsyncClient, fan: Device) -> None:
    assert (await adopt(api, name="Ventilator!")).status_code == 400


@pytest.mark.parametrize(
    ("board", "name"),
    [
        ("esp32", "esp32"),
        ("Pico W", "pico-w"),
        ("32-bit / ü", "bit"),
        ("", "board"),
        ("-_-", "board"),
        ("x" * 99, "x" * 60),
    ],
)
def test_name_comes_from_the_board(board: str, name: str) -> None:
    assert schema_name(board) == name

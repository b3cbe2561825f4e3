"""Schemas: immutable versions that take their devices along, or are refused with those that they would break."""

import json

import httpx
import pytest

from tests.server.conftest import Register
from tests.server.device import Device, values
from tests.server.lamp import LAMP

SCHEMA = "/schemas/lamp"


async def apply(api: httpx.AsyncClient, **changed: dict | None) -> httpx.Response:
    """Applies the lamp schema with settings changed; `led_on` stands for led.on, None leaves one out."""
    settings = LAMP | {key.replace("_", "."): value for key, value in changed.items()}
    return await api.put(SCHEMA, json={"settings": {key: value for key, value in settings.items() if value}})


async def test_equal_content_makes_no_version(api: httpx.AsyncClient) -> None:
    again = await api.put(SCHEMA, json={"settings": dict(reversed(LAMP.items()))})
    assert (again.status_code, again.json()["version"], again.json()["devices"]) == (200, 1, 0)


async def test_versions_stay_as_they_were(api: httpx.AsyncClient) -> None:
    first = (await api.get(SCHEMA)).json()
    second = await apply(api, led_name={"type": "string"})
    assert (second.status_code, second.json()["version"]) == (201, 2)
    assert (await api.get(SCHEMA, params={"version": 1})).json() == first
    versions = (await api.get(f"{SCHEMA}/versions")).json()["items"]
    assert [schema["version"] for schema in versions] == [2, 1]


async def test_compatible_change_takes_each_device_along(
    api: httpx.AsyncClient, register: Register, porch: Device
) -> None:
    await register("hall")
    await api.patch("/devices/hall/config", json={"led.brightness": 5})
    answer = await apply(api, led_name={"type": "string", "default": "one"})
    assert (answer.status_code, answer.json()["devices"]) == (201, 2)
    assert "devices" not in (await api.get(SCHEMA)).json()
    assert values(await porch.take())["led.name"] == "one"
    hall = (await api.get("/devices/hall/config")).json()
    assert (hall["schema"]["version"], hall["desired"]["rev"], hall["desired"]["values"]["led.brightness"]) == (2, 3, 5)


async def test_breaking_change_is_refused_with_the_devices(api: httpx.AsyncClient, register: Register) -> None:
    for device in ("fine", "hall", "porch"):
        await register(device)
    for device in ("hall", "porch"):
        await api.patch(f"/devices/{device}/config", json={"led.brightness": 90})
    answer = await apply(api, led_brightness={"type": "int", "max": 50, "default": 20})
    assert answer.status_code == 409
    assert [error["key"] for error in answer.json()["errors"]] == ["hall/led.brightness", "porch/led.brightness"]
    assert (await api.get(SCHEMA)).json()["version"] == 1
    assert (await api.get("/devices/fine")).json()["desired_rev"] == 1


async def test_setting_that_a_device_uses_cannot_be_left_out(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    await api.patch("/devices/porch/config", json={"led.mode": "blink"})
    assert (await apply(api, led_mode=None)).status_code == 409
    await api.patch("/devices/porch/config", json={"led.mode": None})
    assert (await apply(api, led_mode=None)).status_code == 201


async def test_schema_in_use_cannot_be_removed(api: httpx.AsyncClient, register: Register) -> None:
    await register()
    answer = await api.delete(SCHEMA)
    assert answer.status_code == 409
    assert "porch" in answer.json()["detail"]
    await api.delete("/devices/porch")
    assert (await api.delete(SCHEMA)).status_code == 204
    assert (await api.get(SCHEMA)).status_code == 404


async def test_defaults_that_no_board_can_hold_are_refused(api: httpx.AsyncClient) -> None:
    text = {"type": "string", "max_length": 4000, "default": "x" * 4000}
    answer = await api.put("/schemas/huge", json={"settings": {"a": text, "b": text, "c": text}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "too_large"


async def test_values_that_no_board_can_hold_are_refused(api: httpx.AsyncClient, register: Register) -> None:
    text = {"type": "string", "max_length": 4000}
    await api.put("/schemas/huge", json={"settings": {"a": text, "b": text, "c": text}})
    await register(schema="huge")
    answer = await api.patch("/devices/porch/config", json=dict.fromkeys("abc", "x" * 4000))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_large")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"Led": {"type": "bool"}},
        {"led": {"type": "colour"}},
        {"led": {"type": "int", "min": 5, "max": 1}},
        {"led": {"type": "int", "default": "a"}},
        {"led": {"type": "enum"}},
        {"led": {"type": "bool", "colour": 1}},
        {"led": None},
        {"\ud800": {"type": "bool"}},
        {"led": {"type": "int", "default": None, "title": "\ud800"}},
    ],
)
async def test_settings_that_cannot_be_are_refused(api: httpx.AsyncClient, settings: dict) -> None:
    body = json.dumps({"settings": settings})  # in ASCII, unlike httpx: half a surrogate pair can be written so
    answer = await api.put("/schemas/odd", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert (await api.get("/schemas/odd")).status_code == 404


@pytest.mark.parametrize("name", ["Lamp", "lamp%20", "l" * 65, "lamp%00", "1lamp"])
async def test_bad_schema_name_is_refused(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.put(f"/schemas/{name}", json={"settings": LAMP})).status_code == 400


async def test_name_in_the_body_has_to_be_that_of_the_path(api: httpx.AsyncClient) -> None:
    assert (await api.put("/schemas/fan", json={"name": "lamp", "settings": LAMP})).status_code == 400

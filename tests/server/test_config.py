"""A device's config through the API: merged, replaced, refused with reasons, guarded against others, taken back."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.server.conftest import Register
from tests.server.lamp import LAMP

DEVICE = "/devices/porch"
CONFIG = "/devices/porch/config"


@pytest.fixture(autouse=True)
async def _registered(register: Register) -> None:
    await register("porch")


async def read(api: httpx.AsyncClient) -> dict[str, Any]:
    return (await api.get(CONFIG)).json()


async def problems_of(api: httpx.AsyncClient, body: str) -> dict[str, tuple[str, str]]:
    """Key -> code and sentence, of a patch that is refused; nothing must have changed."""
    answer = await api.patch(CONFIG, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await read(api))["desired"]["rev"] == 1
    return {error["key"]: (error["code"], error["message"]) for error in answer.json()["errors"]}


async def test_new_device_has_the_defaults(api: httpx.AsyncClient) -> None:
    config = await read(api)
    assert config["schema"] == {"name": "lamp", "version": 1}
    assert config["desired"]["values"] == {k: s["default"] for k, s in sorted(LAMP.items()) if "default" in s}
    assert set(config["desired"]["origin"].values()) == {"default"}
    assert (config["reported"], config["sync"]) == (None, "pending")


async def test_patch_merges_and_null_resets(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.on": False, "led.brightness": 5})
    await api.patch(CONFIG, json={"led.on": None, "led.color": "#00FF66"})
    desired = (await read(api))["desired"]
    assert (desired["values"]["led.on"], desired["origin"]["led.on"]) == (True, "default")
    assert (desired["values"]["led.brightness"], desired["origin"]["led.brightness"]) == (5, "device")
    assert desired["values"]["led.color"] == "#00ff66"


async def test_value_that_equals_the_default_is_the_devices_own(api: httpx.AsyncClient) -> None:
    answer = await api.patch(CONFIG, json={"led.on": True})
    assert answer.json()["outcome"]["changed"]
    assert (await read(api))["desired"]["origin"]["led.on"] == "device"


async def test_put_replaces_the_layer(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.on": False, "led.brightness": 5})
    await api.put(CONFIG, json={"led.brightness": 6})
    desired = (await read(api))["desired"]
    assert (desired["origin"]["led.on"], desired["values"]["led.brightness"]) == ("default", 6)


@pytest.mark.parametrize("body", ["{}", '{"led.on": null}', '{"led.brightness": 7}'])
async def test_write_that_changes_nothing_makes_no_revision(api: httpx.AsyncClient, body: str) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    answer = await api.patch(CONFIG, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert (answer.json()["outcome"]["changed"], answer.json()["desired"]["rev"]) == (False, 2)


async def test_unknown_key_is_refused(api: httpx.AsyncClient) -> None:
    assert (await problems_of(api, '{"led.hue": 1}'))["led.hue"][0] == "unknown_key"
    assert (await problems_of(api, '{"led.hue": null}'))["led.hue"][0] == "unknown_key"


async def test_limit_is_named_with_the_value(api: httpx.AsyncClient) -> None:
    found = await problems_of(api, '{"led.brightness": 900}')
    assert found == {"led.brightness": ("out_of_range", "900 is above the maximum of 100 %")}


async def test_every_problem_is_named_and_nothing_changed(api: httpx.AsyncClient) -> None:
    found = await problems_of(api, '{"led.brightness": 900, "led.mode": "disco", "led.on": false}')
    assert {key: code for key, (code, _) in found.items()} == {
        "led.brightness": "out_of_range",
        "led.mode": "not_a_choice",
    }


_WRONG = [
    ("led.on", "1"),
    ("led.on", '"true"'),
    ("led.on", "[true]"),
    ("led.on", "{}"),
    ("led.brightness", "true"),
    ("led.brightness", "60.0"),
    ("sensor.offset", "2147483648"),
    ("sensor.offset", "-2147483649"),
    ("led.gamma", "NaN"),
    ("led.gamma", "Infinity"),
    ("led.gamma", "1e300"),
    ("led.gamma", "true"),
    ("led.color", '"orange"'),
    ("led.color", '"#ff88001"'),
    ("sensor.period", '"30"'),
    ("wifi.password", "5"),
    ("wifi.password", r'"\ud800"'),
]


async def test_wrong_type_is_refused(api: httpx.AsyncClient) -> None:
    for key, value in _WRONG:
        found = await problems_of(api, f'{{"{key}": {value}}}')
        assert set(found) == {key}, value
        assert found[key][0] == "wrong_type", value
        assert found[key][1].startswith("expected "), value


async def test_32_bits_are_taken(api: httpx.AsyncClient) -> None:
    for value in (2147483647, -2147483648):
        assert (await api.patch(CONFIG, json={"sensor.offset": value})).status_code == 200


async def test_float_is_a_single_and_shows_short(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.gamma": 1.1})
    assert (await read(api))["desired"]["values"]["led.gamma"] == 1.1
    unchanged = await api.patch(CONFIG, json={"led.gamma": 1.10000001})
    assert not unchanged.json()["outcome"]["changed"]


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"a": ' + "9" * 5000 + "}", "\x80"])
async def test_body_that_is_no_patch_is_refused(api: httpx.AsyncClient, body: str) -> None:
    answer = await api.patch(CONFIG, content=body.encode("latin-1"), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_body_that_is_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.patch(CONFIG, json={"led.mode": "x" * (1 << 20)})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_writers_at_once_all_succeed(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.patch(CONFIG, json={"sensor.offset": value}) for value in range(1, 61)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["outcome"]["rev"] for answer in answers) == list(range(2, 62))


@pytest.mark.parametrize("write", ["patch", "put", "rollback"])
async def test_if_match_guards_a_write(api: httpx.AsyncClient, write: str) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    calls = {
        "patch": lambda etag: api.patch(CONFIG, json={"led.on": False}, headers={"If-Match": etag}),
        "put": lambda etag: api.put(CONFIG, json={"led.on": False}, headers={"If-Match": etag}),
        "rollback": lambda etag: api.post(f"{DEVICE}/rollback", json={"rev": 1}, headers={"If-Match": etag}),
    }
    for stale in ('"1"', '"9"', "2", 'W/"2"'):
        assert (await calls[write](stale)).status_code == 412
    etag = (await api.get(CONFIG)).headers["etag"]
    answer = await calls[write](etag)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')


async def test_rollback_makes_a_new_revision(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    await api.patch(CONFIG, json={"led.brightness": 8, "led.on": False})
    answer = await api.post(f"{DEVICE}/rollback", json={"rev": 2})
    desired = answer.json()["desired"]
    assert (desired["rev"], desired["values"]["led.brightness"], desired["origin"]["led.on"]) == (4, 7, "default")


async def test_rollback_to_a_revision_of_an_older_schema(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    await api.patch(CONFIG, json={"led.brightness": None})
    await api.put("/schemas/lamp", json={"settings": LAMP | {"led.name": {"type": "string", "default": "one"}}})
    answer = await api.post(f"{DEVICE}/rollback", json={"rev": 2})
    assert answer.json()["schema"]["version"] == 2
    assert answer.json()["desired"]["values"]["led.brightness"] == 7
    assert answer.json()["desired"]["values"]["led.name"] == "one"


async def test_rollback_that_does_not_fit_todays_schema_is_refused(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 90})
    await api.patch(CONFIG, json={"led.brightness": None})
    dim = LAMP | {"led.brightness": {"type": "int", "min": 0, "max": 50, "default": 20}}
    await api.put("/schemas/lamp", json={"settings": dim})
    answer = await api.post(f"{DEVICE}/rollback", json={"rev": 2})
    assert answer.status_code == 422
    assert [(error["key"], error["code"]) for error in answer.json()["errors"]] == [("led.brightness", "out_of_range")]


async def test_rollback_to_no_revision_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.post(f"{DEVICE}/rollback", json={"rev": 9})).status_code == 404


async def test_history_names_who_and_why(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    await api.post(f"{DEVICE}/rollback", json={"rev": 1})
    first = (await api.get(f"{DEVICE}/revisions", params={"limit": 2})).json()
    assert [(entry["rev"], entry["why"], entry["by"]) for entry in first["items"]] == [
        (3, "rollback to 1", "admin"),
        (2, "set", "admin"),
    ]
    rest = (await api.get(f"{DEVICE}/revisions", params={"cursor": first["next_cursor"]})).json()
    assert [entry["why"] for entry in rest["items"]] == ["registered"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("patch", "why"), [({"led.on": None}, "unset"), ({"led.on": None, "led.brightness": 8}, "set")]
)
async def test_history_tells_unset_from_set(api: httpx.AsyncClient, patch: dict, why: str) -> None:
    await api.patch(CONFIG, json={"led.on": False})
    await api.patch(CONFIG, json=patch)
    assert (await api.get(f"{DEVICE}/revisions")).json()["items"][0]["why"] == why


async def test_old_revision_shows_its_values(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7})
    await api.patch(CONFIG, json={"led.brightness": 8})
    found = (await api.get(f"{DEVICE}/revisions/2")).json()
    assert (found["values"]["led.brightness"], found["origin"]["led.brightness"]) == (7, "device")


async def test_diff_names_what_changed(api: httpx.AsyncClient) -> None:
    await api.patch(CONFIG, json={"led.brightness": 7, "led.gamma": 1.1})
    found = (await api.get(f"{DEVICE}/revisions/2/diff", params={"against": 1})).json()
    assert found["changes"] == [
        {"key": "led.brightness", "from": 60, "to": 7},
        {"key": "led.gamma", "from": 2.2, "to": 1.1},
    ]


async def test_config_of_no_device_is_not_found(api: httpx.AsyncClient) -> None:
    for path in (
        "/devices/nobody/config",
        f"/devices/{'x' * 3000}/config",
        "/devices/%00/config",
        "/devices/%ff/config",
    ):
        answer = await api.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"

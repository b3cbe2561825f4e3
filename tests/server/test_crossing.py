"""Requests that cross: a removal and a change of the same device, a refusal in the middle of a change, odd names."""

import asyncio

import httpx

from tests.server.conftest import Register
from tests.server.lamp import LAMP


async def test_no_rev_is_given_twice_when_a_removal_crosses_a_change(
    api: httpx.AsyncClient, register: Register
) -> None:
    highest = 0
    for number in range(20):
        await register("porch")
        answers = await asyncio.gather(
            api.patch("/devices/porch/config", json={"led.brightness": number}), api.delete("/devices/porch")
        )
        assert answers[1].status_code == 204
        if answers[0].status_code == 200:
            rev = answers[0].json()["outcome"]["rev"]
            assert rev > highest
            highest = rev
        await register("porch")
        config = (await api.get("/devices/porch/config")).json()
        assert config["desired"]["rev"] > highest
        highest = config["desired"]["rev"]
        await api.delete("/devices/porch")


async def test_no_key_is_given_twice_when_a_removal_crosses_a_rotation(
    api: httpx.AsyncClient, register: Register
) -> None:
    for _ in range(20):
        await register("porch")
        rotated, _ = await asyncio.gather(api.post("/devices/porch/credential"), api.delete("/devices/porch"))
        following = await register("porch")
        if rotated.status_code == 201:
            assert rotated.json()["credential"]["config_key"] != following["config_key"]
        await api.delete("/devices/porch")


async def test_nothing_is_changed_when_a_part_of_a_change_is_refused(
    api: httpx.AsyncClient, register: Register
) -> None:
    await register("porch")
    (await api.put("/schemas/heater", json={"settings": LAMP})).raise_for_status()
    labels = {f"l{number}": "x" for number in range(33)}
    refused = await api.patch("/devices/porch", json={"schema": "heater", "labels": labels})
    assert refused.status_code == 422
    assert (await api.get("/devices/porch")).json()["schema"]["name"] == "lamp"


async def test_a_schema_stays_when_a_name_runs_into_its_own(api: httpx.AsyncClient, register: Register) -> None:
    await register("porch")
    refused = await api.delete("/schemas/lamp%00%00%00%00%00%00%00")
    assert refused.status_code == 404
    assert (await api.get("/schemas/lamp")).status_code == 200
    assert (await api.post("/devices", json={"id": "hall", "schema": "lamp\0"})).status_code == 404

"""The whole path with the real agent on MicroPython: what a person asks for is what the board does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from henge_server.server import Server

from tests.server.conftest import Register, apply_lamp, client_of
from tests.server.lamp import BOARD
from tests.server.process import end, start_board

CONFIG = "/devices/porch/config"
WAIT = {"wait": 30}

StartBoard = Callable[[dict[str, str]], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(server) as client:
        await apply_lamp(client, BOARD)
        yield client


@pytest.fixture
async def start(server: Server, micropython: Path, tmp_path: Path) -> AsyncIterator[StartBoard]:
    """Starts a board; again in the same folder where it was started before."""
    boards: list[asyncio.subprocess.Process] = []

    async def start_it(credential: dict[str, str]) -> asyncio.subprocess.Process:
        folder = tmp_path / credential["username"]
        boards.append(await start_board(micropython, folder, server.ready.mqtt, credential))
        return boards[-1]

    yield start_it
    for board in boards:
        await end(board)


async def settled(api: httpx.AsyncClient) -> dict:
    """The answer when the board has decided on the newest revision."""
    return (await api.patch(CONFIG, json={}, params=WAIT)).json()


async def test_change_is_applied(api: httpx.AsyncClient, register: Register, start: StartBoard) -> None:
    await start(await register())
    await settled(api)
    answer = await api.patch(CONFIG, json={"led.color": "#00ff66", "led.mode": "blink"}, params=WAIT)
    assert (answer.status_code, answer.json()["outcome"]["state"]) == (200, "applied")
    device = (await api.get("/devices/porch")).json()
    assert (device["sync"], device["status"], device["reported_rev"]) == ("in_step", "online", 2)


async def test_board_that_was_off_gets_the_newest(
    api: httpx.AsyncClient, register: Register, start: StartBoard
) -> None:
    credential = await register()
    board = await start(credential)
    await settled(api)
    await end(board)
    for brightness in (10, 20, 30):
        await api.patch(CONFIG, json={"led.brightness": brightness})
    await start(credential)
    answer = await settled(api)
    assert (answer["outcome"]["state"], answer["reported"]["rev"], answer["sync"]) == ("applied", 4, "in_step")
    states = [entry["state"] for entry in (await api.get("/devices/porch/revisions")).json()["items"]]
    assert states == ["applied", None, None, "applied"]


async def test_setting_that_the_firmware_does_not_know_is_left_out_and_named(
    api: httpx.AsyncClient, register: Register, start: StartBoard
) -> None:
    await start(await register())
    await settled(api)
    await apply_lamp(api, BOARD | {"motor.speed": {"type": "int", "default": 5}})
    answer = await settled(api)
    assert (answer["sync"], answer["outcome"]["state"]) == ("in_step", "applied")
    assert [(entry["key"], entry["code"]) for entry in answer["unsupported"]] == [("motor.speed", "unknown_key")]


async def test_board_does_what_it_is_told_once(api: httpx.AsyncClient, register: Register, start: StartBoard) -> None:
    await start(await register())
    await settled(api)
    told: dict[str, dict] = {}
    for name, args in (("identify", {}), ("read", {}), ("describe", {}), ("read", {"what": "config"})):
        answer = await api.post("/devices/porch/commands", json={"name": name, "args": args}, params=WAIT)
        told[name] = answer.json()
        assert (answer.status_code, told[name]["state"]) == (200, "done"), answer.text
    assert told["describe"]["result"] == (await api.get("/devices/porch")).json()["caps"]
    assert (told["read"]["result"]["rev"], told["read"]["result"]["known"]) == (1, True)


async def test_rebooted_board_is_another_start_and_goes_on(
    api: httpx.AsyncClient, register: Register, start: StartBoard
) -> None:
    await start(await register())
    await settled(api)
    answer = await api.post("/devices/porch/commands", json={"name": "reboot"}, params=WAIT)
    assert (answer.status_code, answer.json()["state"]) == (200, "done")


async def test_board_nobody_wrote_a_schema_for_is_adopted_and_configured(
    api: httpx.AsyncClient, register: Register, start: StartBoard
) -> None:
    await start(await register(schema=None))
    while (await api.get("/devices/porch/announcement")).status_code == 404:
        await api.get("/devices/porch")  # it has not connected yet
    adopted = (await api.post("/devices/porch/adopt")).json()
    assert (adopted["schema"]["version"], adopted["dropped"]) == (1, [])
    answer = (await api.patch(CONFIG, json={"led.color": "#00ff66"}, params=WAIT)).json()
    assert (answer["outcome"]["state"], answer["unsupported"]) == ("applied", [])
    settings = (await api.get("/devices/porch/announcement")).json()["settings"]
    assert answer["settings"] == settings


async def test_rolled_back_config_is_applied(api: httpx.AsyncClient, register: Register, start: StartBoard) -> None:
    await start(await register())
    await settled(api)
    await api.patch(CONFIG, json={"led.brightness": 10}, params=WAIT)
    answer = (await api.post("/devices/porch/rollback", json={"rev": 1}, params=WAIT)).json()
    assert (answer["outcome"]["state"], answer["desired"]["values"]["led.brightness"]) == ("applied", 60)


async def test_wrong_key_on_the_board_applies_nothing(
    api: httpx.AsyncClient, register: Register, start: StartBoard
) -> None:
    await start(await register() | {"config_key": "00" * 32})
    answer = await settled(api)
    assert answer["sync"] == "rejected"
    assert answer["outcome"]["errors"][""][0] == "bad_mac"

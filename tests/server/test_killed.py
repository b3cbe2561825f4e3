"""The server is killed, or asked to stop, in the middle of writes: what it answered is there, and boards get it."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import apply_lamp, registered
from tests.server.device import Device, values
from tests.server.lamp import BOARD
from tests.server.process import ServerProcess, end, start_board

DEVICES = ("hall", "kitchen", "porch")
WAIT = {"wait": 60}


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(tmp_path / "data")
    await server.start()
    yield server
    await server.end()


class Writers:
    """Writes to each device without a pause, and keeps what the server accepted: {device: {rev: value}}."""

    def __init__(self) -> None:
        self.accepted: dict[str, dict[int, int]] = {device: {} for device in DEVICES}
        self.answers = 0
        self._value = 0
        self._changed = asyncio.Event()

    async def write(self, api: httpx.AsyncClient, device: str) -> None:
        """Until the server is gone."""
        while True:
            self._value += 1
            value = 1 + self._value % 3600  # what the setting allows; never the one before
            try:
                answer = await api.patch(f"/devices/{device}/config", json={"sensor.period": value})
            except httpx.TransportError:
                return
            if answer.status_code != 200:
                return
            self.accepted[device][answer.json()["outcome"]["rev"]] = value
            self.answers += 1
            self._changed.set()

    async def until(self, answers: int) -> None:
        while self.answers < answers:
            self._changed.clear()
            await self._changed.wait()

    async def check(self, api: httpx.AsyncClient) -> None:
        """Every accepted write is in the history, and the newest value is the last accepted one or was under way."""
        for device, accepted in self.accepted.items():
            for rev, value in accepted.items():
                revision = (await api.get(f"/devices/{device}/revisions/{rev}")).json()
                assert revision["values"]["sensor.period"] == value
            newest = (await api.get(f"/devices/{device}/config")).json()["desired"]
            assert newest["rev"] <= max(accepted, default=0) + 1
            accepted[newest["rev"]] = newest["values"]["sensor.period"]


async def killed_amid_writes(server: ServerProcess, writers: Writers, chance: random.Random) -> None:
    """One life of the server: it dies at some moment under a stream of writes, or of commits."""
    async with server.client() as api:
        writing = [asyncio.create_task(writers.write(api, device)) for device in DEVICES]
        await writers.until(writers.answers + chance.randint(1, 40))
        await asyncio.sleep(chance.random() * 0.01)  # to die between two answers too
        await server.kill()
        await asyncio.gather(*writing)


async def all_registered(server: ServerProcess) -> dict[str, dict[str, str]]:
    async with server.client() as api:
        await apply_lamp(api, BOARD)
        return {device: await registered(api, device) for device in DEVICES}


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.slow)])
async def test_kill_9_loses_no_accepted_write(program: ServerProcess, rounds: int) -> None:
    credentials = await all_registered(program)
    chance, writers = random.Random(rounds), Writers()
    for _ in range(rounds):
        await killed_amid_writes(program, writers, chance)
        await program.start()
        async with program.client() as api:
            await writers.check(api)
    async with Device(program.mqtt, credentials["porch"]) as device:
        await device.join()
        accepted = writers.accepted["porch"]
        assert values(await device.desired())["sensor.period"] == accepted[max(accepted)]


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.slow)])
async def test_board_gets_the_newest_document_after_a_kill_9(
    program: ServerProcess, micropython: Path, tmp_path: Path, rounds: int
) -> None:
    credentials = await all_registered(program)
    board = await start_board(micropython, tmp_path / "board", program.mqtt, credentials["porch"])
    chance, writers = random.Random(rounds), Writers()
    try:
        for _ in range(rounds):
            await killed_amid_writes(program, writers, chance)
            await program.start()
            async with program.client() as api:
                answer = (await api.patch("/devices/porch/config", json={}, params=WAIT)).json()
                assert (answer["outcome"]["state"], answer["sync"]) == ("applied", "in_step")
                assert answer["desired"]["digest"] == answer["reported"]["digest"]
                await writers.check(api)
    finally:
        await end(board)


async def test_sigterm_ends_it_cleanly_with_every_accepted_write(program: ServerProcess) -> None:
    await all_registered(program)
    writers = Writers()
    async with program.client() as api:
        writing = [asyncio.create_task(writers.write(api, device)) for device in DEVICES]
        await writers.until(30)
        assert await program.terminate() == 0
        await asyncio.gather(*writing)
    await program.start()
    async with program.client() as api:
        await writers.check(api)


async def test_sigterm_answers_a_write_that_waits(program: ServerProcess) -> None:
    await all_registered(program)
    async with program.client() as api, api.stream("GET", "/events", params={"device": "hall"}) as stream:
        events = stream.aiter_lines()
        waiting = asyncio.create_task(api.patch("/devices/hall/config", json={"led.on": False}, params=WAIT))
        async for line in events:
            if "config.changed" in line:
                break
        assert await program.terminate() == 0
        answer = await waiting
        assert (answer.status_code, answer.json()["outcome"]["state"]) == (202, "pending")
        assert [line async for line in events if line.startswith("event:")] == []  # the stream ended, too

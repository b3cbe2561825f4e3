"""What a board says of itself and its hardware, on simulated modules with the names and numbers of each port."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from fleetsim.virtual import VirtualBoard
from henge_mqtt import Broker

from tests.agent.ground import PASSWORD, Desk
from tests.firmware.conftest import PROVISION, Play


@pytest.fixture
async def desk(board: VirtualBoard) -> AsyncIterator[Desk]:
    """A server's place at the other end of the board's Wi-Fi, which is in range."""
    desk = Desk()
    broker = Broker(desk)
    listener = await broker.listen("127.0.0.1", 0)
    credential = {**PROVISION["credential"], "password": PASSWORD}
    provision = {**PROVISION, "server": f"mqtt://127.0.0.1:{listener.port}", "credential": credential}
    board.put({"henge.json": json.dumps(provision).encode()})
    board.air.add("home", "secret-1", rssi=-61)
    yield desk
    await broker.close()


async def test_a_board_says_who_it_is_when_it_is_online(board: VirtualBoard, desk: Desk) -> None:
    board.power_on()
    hello = await desk.hello()
    assert (hello.board, hello.uid, hello.reset, hello.rssi) == (board.kind, board.uid, "power", -61)
    assert hello.safe is False


@pytest.mark.slow
async def test_a_board_begins_in_safe_mode_after_three_starts_that_ended_early(board: VirtualBoard, desk: Desk) -> None:
    board.power_on()
    said = [(await desk.hello()).safe]
    for _ in range(3):
        await asyncio.to_thread(reset, board)
        said.append((await desk.hello()).safe)
    assert said == [False, False, False, True]


def reset(board: VirtualBoard) -> None:
    """As whoever sits at the console does it."""
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "resume", "reset"]
    subprocess.run(command, check=True, timeout=60)


def test_the_chips_own_temperature_is_in_degrees(play: Play, board: VirtualBoard) -> None:
    board.around.chip_celsius = 41.0
    script = """
import asyncio
sensor = board.drivers()[1]
sensor.apply({key: declared["default"] for key, declared in sensor.SETTINGS.items()} | {"sensor.kind": "chip"})
print("measures", asyncio.run(sensor.read())["temperature"], "degrees")
"""
    play(script).wait_for("a reading", lambda: "degrees" in board.heard)
    assert float(board.heard.partition("measures ")[2].split()[0]) == pytest.approx(41, abs=0.3)

"""The power fails at a random moment of an update: the board comes back with the old or the new settings, whole, on its
own; and then, when it is connected again, it has the new ones.
"""

import random
import time

import pytest

from tests.hil.boards import Board, Virtual, until
from tests.hil.conftest import SETTINGS, WIRING, Flash
from tests.hil.relay import Relay
from tests.hil.server import Device

LONGEST_S = 0.8  # from the request to the report: what is cut lies somewhere in between


def cut_during(device: Device, power: Relay, moment_s: float, **values: object) -> None:
    """Sets values, and cuts the power so long afterwards."""
    device.set(wait_s=0, **values)
    time.sleep(moment_s)
    power.off()


def colors(chance: random.Random, count: int) -> list[str]:
    return [f"#{chance.randrange(1 << 24):06x}" for _ in range(count)]


def comes_back_each_time(device: Device, power: Relay, chance: random.Random, cuts: int) -> None:
    for color in colors(chance, cuts):
        before = device.connection
        cut_during(device, power, chance.uniform(0, LONGEST_S), led__color=color)
        power.on()
        device.wait_anew(before)
        assert device.config["desired"]["values"]["led.color"] == color
        assert device.seen["found"] == ""
        assert device.seen["reset"] == "power"


@pytest.mark.needs("power")
@pytest.mark.virtual(slow_flash=True)
def test_a_board_is_connected_and_in_step_again_after_a_few_cuts(device: Device, power: Relay, seed: int) -> None:
    comes_back_each_time(device, power, random.Random(seed), 4)


@pytest.mark.slow
@pytest.mark.needs("power")
@pytest.mark.virtual(slow_flash=True)
def test_a_board_is_connected_and_in_step_again_after_many_cuts(device: Device, power: Relay, seed: int) -> None:
    comes_back_each_time(device, power, random.Random(seed), 60)


@pytest.mark.slow
@pytest.mark.needs("power", "air", "light")
@pytest.mark.virtual(slow_flash=True)
def test_without_a_network_a_cut_board_shows_the_old_settings_or_the_new(
    flash: Flash, board: Board, power: Relay, seed: int
) -> None:
    assert isinstance(board, Virtual)
    chance = random.Random(seed)
    strip = flash(SETTINGS | WIRING)
    strip.set(led__color="#ffffff", led__brightness=100)
    old = (255, 255, 255)
    for color in colors(chance, 3):
        new = tuple(bytes.fromhex(color[1:]))
        before = strip.connection
        cut_during(strip, power, chance.uniform(0, LONGEST_S), led__color=color)
        board.air.remove("home")
        power.on()
        until("it shows something", lambda both=([old], [new]): board.board.around.strips.get("4") in both)
        board.air.add(*board.wifi)
        strip.wait_anew(before)
        until("it shows the new", lambda new=new: board.board.around.strips["4"] == [new])
        old = new

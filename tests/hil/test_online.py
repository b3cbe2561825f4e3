"""A flashed board comes online, runs what it should, and shows it."""

import pytest

from tests.hil.boards import Board, Virtual, until
from tests.hil.conftest import SETTINGS, WIRING, Flash
from tests.hil.relay import Relay
from tests.hil.server import Device


def test_a_flashed_board_is_online_and_runs_revision_1(device: Device, board: Board) -> None:
    assert device.config["reported"]["rev"] == 1
    assert device.config["reported"]["state"] == "applied"
    assert device.seen["board"] == board.kind


def test_what_is_set_is_applied(device: Device) -> None:
    assert device.set(led__brightness=35)["state"] == "applied"
    assert device.config["reported"]["rev"] == 2


@pytest.mark.needs("light")
def test_the_led_shows_what_is_set(device: Device, board: Board) -> None:
    pin = {"esp32": "2", "pico": "LED"}[board.kind]
    until("the LED is on", lambda: board.pins().get(pin) == 1)
    device.set(led__on=False)
    until("the LED is off", lambda: board.pins().get(pin) == 0)


@pytest.mark.needs("light")
def test_a_strip_turns_green_when_it_is_told_to(flash: Flash, board: Board) -> None:
    assert isinstance(board, Virtual)
    strip = flash(SETTINGS | WIRING)
    assert strip.set(led__color="#00ff00", led__brightness=100)["state"] == "applied"
    assert board.board.around.strips == {"4": [(0, 255, 0)]}


@pytest.mark.needs("power")
def test_a_board_without_a_change_comes_back_as_it_was(device: Device, power: Relay) -> None:
    before = device.connection
    power.off()
    power.on()
    device.wait_anew(before)
    assert device.seen["reset"] == "power"
    assert device.config["reported"]["rev"] == 1

"""Each port's own `network` under the Wi-Fi driver: what it says of networks, and that they are joined again."""

import pytest
from fleetsim.virtual import VirtualBoard

from tests.firmware.conftest import Play

# Joins again and again, as an agent does, and says what came of it where that changes.
JOIN = """
import asyncio
async def main():
    minding = asyncio.create_task(board.wifi.run(None))
    before = None
    while True:
        try:
            await board.wifi.join()
            now = "joined {}".format(board.rssi())
        except OSError as error:
            now = str(error)
        if now != before:
            print(now)
        before = now
        await asyncio.sleep(0.1)
asyncio.run(main())
"""


def says(board: VirtualBoard, what: str, seconds: float = 60) -> None:
    """From now on: what it said before does not count."""
    length = len(board.heard)
    board.wait_for(what, lambda: what in board.heard[length:], seconds)


def test_the_strongest_network_is_joined(play: Play, board: VirtualBoard) -> None:
    board.air.add("home", "secret-1", rssi=-70)
    board.air.add("guest", "secret-2", rssi=-50)
    says(play(JOIN), "joined -50")


def test_a_wrong_password_is_told_from_a_network_that_is_not_there(play: Play, board: VirtualBoard) -> None:
    board.air.add("home", "changed-1")
    says(play(JOIN), "the Wi-Fi 'home' does not take the password; the Wi-Fi 'guest' is not in range")


@pytest.mark.slow  # an ESP32 needs the whole time of a try, see wifi.py
def test_a_network_is_joined_when_it_appears(play: Play, board: VirtualBoard) -> None:
    says(play(JOIN), "the Wi-Fi 'home' is not in range")
    board.air.add("home", "secret-1", rssi=-61)
    says(board, "joined -61")


@pytest.mark.slow  # an ESP32 needs the whole time of a try, see wifi.py
def test_a_network_is_joined_again_when_it_was_away(play: Play, board: VirtualBoard) -> None:
    board.air.add("home", "secret-1", rssi=-61)
    says(play(JOIN), "joined -61")
    board.air.remove("home")
    says(board, "the Wi-Fi 'home' is not in range")
    board.air.add("home", "secret-1", rssi=-62)
    says(board, "joined -62")


def test_the_other_network_is_joined_when_one_goes(play: Play, board: VirtualBoard) -> None:
    board.air.add("home", "secret-1", rssi=-61)
    says(play(JOIN), "joined -61")
    board.air.add("guest", "secret-2", rssi=-63)
    board.air.remove("home")
    says(board, "joined -63")


@pytest.mark.parametrize("wrong", ["", "wrong-12"])
def test_a_password_that_was_corrected_is_taken(play: Play, board: VirtualBoard, wrong: str) -> None:
    board.air.add("home", wrong)
    says(play(JOIN), "the Wi-Fi 'home' does not take the password")
    board.air.add("home", "secret-1", rssi=-61)
    says(board, "joined -61")


def test_a_radio_that_was_restarted_joins_again(play: Play, board: VirtualBoard) -> None:
    board.air.add("home", "secret-1", rssi=-61)
    script = """
import time
from henge_agent.drivers.radio import Radio
radio = Radio("porch", "DE", lambda: None)
for count in range(2):
    radio.leave()
    radio.join("home", "secret-1")
    while radio.rssi() is None:
        time.sleep(0.05)
    print("joined", count)
    radio.restart()
"""
    says(play(script), "joined 1")

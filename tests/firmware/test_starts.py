"""Why a board started, and how many starts before this one went wrong: what safe mode is decided by."""

import pytest
from fleetsim.virtual import VirtualBoard

from tests.firmware.conftest import Play

# Says how it began, then does what the next line of acts.txt says.
ACTS = """
import machine, time
print("began", board.reset_cause, board.crashes)
with open("acts.txt") as file:
    act, _, rest = file.read().partition(" ")
with open("acts.txt", "w") as file:
    file.write(rest)
if act == "settle":
    board.settled()
if act == "bite":
    machine.WDT(timeout=100)
    time.sleep(9)
if act == "soft":
    machine.soft_reset()
if act != "stay":
    board.reboot()
print("stays")
"""


def began(play: Play, board: VirtualBoard, acts: str) -> list[str]:
    """What each start said, until one stays."""
    board.put({"acts.txt": acts.encode()})
    before = len(board.heard)
    play(ACTS)
    board.wait_for("the last start", lambda: "stays" in board.heard[before:])
    lines = board.heard[before:].split("\r\n")
    return [line.removeprefix("began ") for line in lines if line.startswith("began ")]


def test_starts_that_end_badly_are_counted(play: Play, board: VirtualBoard) -> None:
    said = ["power 0", "reset 1", "reset 2", "reset 3"]
    assert began(play, board, "crash crash crash stay") == said


def test_a_bite_of_the_watchdog_is_told_from_a_reset(play: Play, board: VirtualBoard) -> None:
    assert began(play, board, "bite crash stay") == ["power 0", "watchdog 1", "reset 2"]


def test_the_count_begins_anew_when_a_start_has_settled(play: Play, board: VirtualBoard) -> None:
    assert began(play, board, "crash crash settle stay") == ["power 0", "reset 1", "reset 2", "reset 0"]


def test_the_loss_of_power_is_no_crash(play: Play, board: VirtualBoard) -> None:
    began(play, board, "crash crash stay")
    board.power_off()
    assert began(play, board, "stay") == ["power 0"]


@pytest.mark.parametrize("board", ["esp32"], indirect=True)  # a Pico cannot tell: the reset before is what it says
def test_a_soft_reset_is_no_crash(play: Play, board: VirtualBoard) -> None:
    assert began(play, board, "crash soft soft stay") == ["power 0", "reset 1", "soft 1", "soft 1"]


def test_memory_that_holds_something_else_counts_as_nothing(play: Play, board: VirtualBoard) -> None:
    script = """
import machine
print("began", board.reset_cause, board.crashes)
if board.reset_cause == "power":
    if board.name == "esp32":
        machine.RTC().memory(b"an application's own")
    else:
        machine.mem32[0x40058000 + 0x0C + 28] = 0x12345678
    machine.reset()
print("stays")
"""
    play(script).wait_for("the second start", lambda: "stays" in board.heard)
    assert "began reset 0" in board.heard


@pytest.mark.slow  # a real watchdog's time
def test_a_board_that_hangs_after_its_first_meal_is_started_anew(play: Play, board: VirtualBoard) -> None:
    script = """
import time
print("began", board.reset_cause, board.crashes)
while board.reset_cause == "power":
    board.feed()
    time.sleep(60)
print("stays")
"""
    play(script).wait_for("the second start", lambda: "stays" in board.heard, 60)
    assert "began watchdog 1" in board.heard

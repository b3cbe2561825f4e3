"""Ctrl-C interrupts what runs on a virtual board between two things, and not in the middle of one."""

import os
from pathlib import Path

from fleetsim.virtual import VirtualBoard

TIMES = 100

# Makes garbage, and waits a little now and then, as the agent does.
BUSY = (
    b"""
import select, sys
def work():
    poll = select.poll()
    while True:
        [{"a": 1, "b": [number]} for number in range(50)]
        poll.poll(1)
for number in range(%d):
    try:
        print("ready", number)
        work()
    except KeyboardInterrupt:
        [0] * 100
print("unharmed")
"""
    % TIMES
)


def test_a_hundred_in_a_row_do_no_harm(micropython: Path, tmp_path: Path) -> None:
    with VirtualBoard(tmp_path, "esp32") as board:
        board.put({"main.py": BUSY})
        line = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        try:
            board.power_on()
            for number in range(TIMES):
                board.wait_for("the next", lambda word=f"ready {number}\r\n": word in board.heard)
                os.write(line, b"\x03")
            board.wait_for("the end", lambda: "unharmed" in board.heard)
        finally:
            os.close(line)

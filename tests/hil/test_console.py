"""A person with a cable always gets in: at the start, and while the agent runs."""

import pytest

from tests.hil.boards import Board, Virtual, until
from tests.hil.server import Device


def test_mpremote_works_while_the_agent_runs_and_a_reset_brings_it_back(device: Device, board: Board) -> None:
    before = device.connection
    assert "henge.json" in board.mpremote("ls")
    board.reset()
    device.wait_anew(before)


@pytest.mark.needs("air")
def test_ctrl_c_gets_in_before_the_agent_starts(device: Device, board: Board) -> None:
    assert isinstance(board, Virtual)
    board.relay.off()
    connected = board.board.heard.count("henge: connected")
    board.relay.on()
    until("boot.py waits", lambda: board.board.heard.count("Ctrl-C stops it here") == 2)
    assert board.mpremote("eval", "1 + 1") == "2\n"
    assert board.board.heard.count("henge: connected") == connected

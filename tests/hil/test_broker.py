"""The broker goes and comes back: boards find it again, and do not storm it meanwhile."""

import pytest

from tests.hil.boards import Board, Virtual, until
from tests.hil.server import Device, Server

# Waits are drawn from 0 to 0.5, 1, 2, 4, ... s. A server takes a second and more to start: three times as many attempts
# before it is found again would be a storm.
ATTEMPTS = 5


def test_a_board_is_back_when_the_broker_is(device: Device, server: Server) -> None:
    server.kill()
    server.start()
    device.wait_in_step()


@pytest.mark.slow
@pytest.mark.needs("air")
def test_a_board_does_not_storm_a_broker_that_is_away(device: Device, board: Board, server: Server) -> None:
    assert isinstance(board, Virtual)
    known = len(board.board.around.attempts)
    server.kill()
    attempts = board.board.around.attempts
    until("it has tried", lambda: len(attempts) >= known + ATTEMPTS)
    server.start()
    device.wait_in_step()
    waited = [later - earlier for earlier, later in zip(attempts[known:], attempts[known + 1 :], strict=False)]
    print("seconds between attempts:", [round(wait, 2) for wait in waited])
    assert len(attempts) < known + 3 * ATTEMPTS

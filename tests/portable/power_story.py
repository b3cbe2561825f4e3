"""The story that the power-cut tests tell a board: chapters, one for each way that a document can take. A board is
idle before each of them, and told one again, it passes over what it knows.
"""

from agent_fakes import FakeDriver
from power_subject import TOO_HIGH, Order, Subject


def is_applied(board: Subject, rev: int, size: int) -> None:
    board.takes(Order(rev, 5, board.name, size))


def is_out_of_limits(board: Subject, rev: int, size: int) -> None:
    board.takes(Order(rev, TOO_HIGH, board.name, size))


def is_refused_by_the_hardware(board: Subject, rev: int, size: int) -> None:
    board.takes(Order(rev, FakeDriver.TOO_MUCH, board.name, size))


def is_confirmed(board: Subject, rev: int, size: int) -> None:
    order = Order(rev, 6, _other(board), size)
    board.takes(order)
    board.reconnects()
    board.takes(order)


def is_rolled_back_by_its_time(board: Subject, rev: int, size: int) -> None:
    board.takes(Order(rev, 7, _other(board), size))
    board.waits()


def is_rolled_back_by_a_start(board: Subject, rev: int, size: int) -> None:
    board.takes(Order(rev, 8, _other(board), size))
    board.start()


def _other(board: Subject) -> str:
    return "attic" if board.name == "home" else "home"


# In this order, so that a refusal follows another and a document follows everything.
STORY = (
    is_applied,
    is_out_of_limits,
    is_confirmed,
    is_refused_by_the_hardware,
    is_rolled_back_by_its_time,
    is_applied,
    is_rolled_back_by_a_start,
    is_out_of_limits,
    is_confirmed,
)

"""Flash wears out by writing: what a board has already is not written again."""

import hashlib
import time

import pytest
from henge_agent.uplink import STABLE_MS

from tests.hil.boards import Board, Virtual
from tests.hil.server import Device, Server

SPEED = 12


def unchanged_by_equal_documents(device: Device, server: Server, board: Board, count: int, rest_s: float = 0) -> None:
    """The server sends the document anew at every connection, each of which lasts so many seconds at least."""
    assert isinstance(board, Virtual)
    image = board.board.folder / "flash.bin"
    before = hashlib.sha256(image.read_bytes()).digest()
    for _ in range(count):
        time.sleep(rest_s)
        connection = device.connection
        server.client.disconnect_client(device.name)
        device.wait_anew(connection)
    assert hashlib.sha256(image.read_bytes()).digest() == before


@pytest.mark.needs("air")
def test_three_equal_documents_write_nothing(device: Device, server: Server, board: Board) -> None:
    unchanged_by_equal_documents(device, server, board, 3)


@pytest.mark.slow
@pytest.mark.needs("air")
@pytest.mark.virtual(speed=SPEED)
def test_a_hundred_equal_documents_write_nothing(device: Device, server: Server, board: Board) -> None:
    # A board whose connections always end soon comes back ever more seldom.
    unchanged_by_equal_documents(device, server, board, 100, STABLE_MS / 1000 / SPEED)

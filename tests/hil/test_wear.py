"""Flash wears out by writing: what a board has already is not written again."""

import hashlib

import pytest

from tests.hil.boards import Board, Virtual
from tests.hil.server import Device, Server


def unchanged_by_equal_documents(device: Device, server: Server, board: Board, count: int) -> None:
    """The server sends the document anew at every connection."""
    assert isinstance(board, Virtual)
    image = board.board.folder / "flash.bin"
    before = hashlib.sha256(image.read_bytes()).digest()
    for _ in range(count):
        connection = device.connection
        server.client.disconnect_client(device.name)
        device.wait_anew(connection)
    assert hashlib.sha256(image.read_bytes()).digest() == before


@pytest.mark.needs("air")
def test_three_equal_documents_write_nothing(device: Device, server: Server, board: Board) -> None:
    unchanged_by_equal_documents(device, server, board, 3)


@pytest.mark.slow
@pytest.mark.needs("air")
def test_a_hundred_equal_documents_write_nothing(device: Device, server: Server, board: Board) -> None:
    unchanged_by_equal_documents(device, server, board, 100)

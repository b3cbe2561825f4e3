"""Virtual boards of both kinds with the files of firmware/ on them, a Wi-Fi, and a main.py of the test's own."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleetctl.flash import bundle
from fleetsim.virtual import KINDS, VirtualBoard

CLASSES = {"esp32": "Esp32", "pico": "Pico"}
PROVISION = {
    "server": "mqtt://127.0.0.1:1883",
    "networks": [{"ssid": "home", "password": "secret-1"}, {"ssid": "guest", "password": "secret-2"}],
    "country": "DE",
    "ntp": "192.0.2.123",
    "credential": {"username": "porch", "password": "word", "config_key": "00" * 32},
}

Play = Callable[[str], VirtualBoard]


@pytest.fixture(params=sorted(KINDS))
def board(request: pytest.FixtureRequest, micropython: Path, tmp_path: Path) -> Iterator[VirtualBoard]:
    """It is off, and has in /henge.json what PROVISION says."""
    with VirtualBoard(tmp_path / "board", request.param) as board:
        board.put(files(board.kind))
        yield board
        print(board.heard[-4000:])


@pytest.fixture
def play(board: VirtualBoard) -> Play:
    """Starts the board with a main.py that has `board` made, as start() makes it, and goes on as the test says."""

    def play_it(script: str) -> VirtualBoard:
        begin = "from board import {0}\nfrom henge_agent.provision import load\nboard = {0}(load())\n"
        text = begin.format(CLASSES[board.kind]) + script
        board.put({"main.py": text.encode(), "boot.py": b""})
        board.power_on()
        return board

    return play_it


@functools.cache
def files(kind: str) -> dict[str, bytes]:
    """What `fleetctl flash` puts on a board, by its path from the root."""
    data = bundle.of(kind).data
    found = {"henge.json": json.dumps(PROVISION).encode()}
    while data:
        head, _, data = data.partition(b"\n")
        path, size = head.decode().rsplit(" ", 1)
        found[path], data = data[: int(size)], data[int(size) :]
    return found

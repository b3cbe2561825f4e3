"""Virtual boards of both kinds with the files of firmware/ on them, a Wi-Fi, and a main.py of the test's own."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleetctl.flash import bundle
from fleetctl.flash.sources import firmware_folder, own_files
from fleetsim.virtual import KINDS, VirtualBoard

CLASSES = {"esp32": "Esp32", "pico": "Pico"}
PROVISION = {
    "server": "mqtt://127.0.0.1:1883",
    "networks": [{"ssid": "home", "password": "secret-1"}, {"ssid": "guest", "password": "secret-2"}],
    "country": "DE",
    "ntp": "192.0.2.123",
    "credential": {"username": "porch", "password": "word", "config_key": "00" * 32},
}

BEGIN = "from henge_agent.provision import load\n"  # of a main.py for a test

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
        made = CLASSES[board.kind]
        text = f"{BEGIN}from board import {made}\nboard = {made}(load())\n{script}"
        board.put({"main.py": text.encode(), "boot.py": b""})
        board.power_on()
        return board

    return play_it


@functools.cache
def files(kind: str) -> dict[str, bytes]:
    """What `fleetctl flash` puts on a board, by its path from the root; BEGIN can import its part of it."""
    own = own_files(firmware_folder(kind))
    modules = bundle.agent(own | {"begin": BEGIN.encode()})
    return {
        "henge.json": json.dumps(PROVISION).encode(),
        **{f"lib/{path}": content for path, content in modules.items()},
        **own,
    }

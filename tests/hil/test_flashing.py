"""`fleetctl flash` makes a board with nothing but MicroPython on it a device that is online."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fleetctl.context import Contexts

from tests.hil import bench
from tests.hil.boards import PATIENCE_S, Board, Virtual
from tests.hil.conftest import SETTINGS
from tests.hil.server import Device, Server


@pytest.mark.slow
@pytest.mark.needs("network")
def test_a_board_with_micropython_becomes_a_device_that_is_online(
    server: Server, board: Board, bench_file: bench.Bench | None, tmp_path: Path
) -> None:
    board.relay.on()
    server.client.apply_schema("flashed", SETTINGS)
    said = fleetctl(server, board, bench_file, tmp_path, "flash", "flashed", "--schema", "flashed")
    assert "flashed is online, running revision 1" in said
    device = Device(server, "flashed")
    device.wait_in_step()
    assert device.seen["board"] == board.kind
    again = fleetctl(server, board, bench_file, tmp_path, "flash", "flashed")
    assert "flashed is online" in again  # and nothing of it had to be done once more: tests/tools/test_flash.py


def fleetctl(server: Server, board: Board, bench_file: bench.Bench | None, folder: Path, *arguments: str) -> str:
    """The command line as a person runs it, with a config folder of the test's own."""
    Contexts(folder / "henge" / "fleetctl.toml").put(server.context, current_if_none=True)
    name, password = bench_file.wifi if bench_file else Virtual.wifi
    wifi = folder / "wifi.toml"
    wifi.write_text(f"[[networks]]\nssid = {json.dumps(name)}\npassword = {json.dumps(password)}\n")
    where = ["--port", board.port, "--server", server.mqtts, "--wifi", str(wifi), "--yes"]
    done = subprocess.run(
        [sys.executable, "-m", "fleetctl", *arguments, *where],
        env=os.environ | {"XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr

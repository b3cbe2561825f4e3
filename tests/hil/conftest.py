"""The ground of scenarios on a board: a server, a board of the kind that `--board` names, its power and its network.

Nothing of them is left after a test. A scenario that this board cannot play is skipped, with the reason.
"""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fleetsim.virtual import Air
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.server import Server as Address
from henge_agent.drivers.wifi import Wifi

from tests.conftest import CACHE, program
from tests.hil import bench, firmware
from tests.hil.boards import Board, Real, Virtual
from tests.hil.emulated import Emulated
from tests.hil.relay import Relay
from tests.hil.server import Device, Server

# What the boards of firmware/ can be told, as far as scenarios tell it. Wiring is left to each board's own defaults.
SETTINGS = {**WiredLed.SETTINGS, **Wifi.SETTINGS, **Address.SETTINGS}
TROUBLE = {"test.trouble": {"type": "enum", "choices": ["none", "hang", "reset"], "default": "none"}}
WIRING = WiredLed.WIRING | {
    "led.kind": WiredLed.WIRING["led.kind"] | {"default": "ws2812"},
    "led.pin": WiredLed.WIRING["led.pin"] | {"default": "4"},
}

Flash = Callable[..., Device]

_numbers = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where no board is named, a scenario runs on the boards that it names itself."""
    own = metafunc.definition.get_closest_marker("boards")
    if own and metafunc.config.getoption("--board") is None:
        metafunc.parametrize("which", own.args, scope="session")


@pytest.fixture(scope="session")
def which(request: pytest.FixtureRequest) -> str:
    """What `--board` says: virtual (the default), virtual-pico, qemu, or a port."""
    return str(request.config.getoption("--board") or "virtual")


@pytest.fixture(scope="session")
def bench_file(request: pytest.FixtureRequest, which: str) -> bench.Bench | None:
    """What is around a real board."""
    if which in ("virtual", "virtual-pico", "qemu"):
        return None
    path = request.config.getoption("--bench")
    if path is None:
        pytest.exit(
            "a real board needs --bench FILE: its Wi-Fi, this computer's address, its relay; see docs/hil.md", 2
        )
    return bench.read(Path(path))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, bench_file: bench.Bench | None) -> Iterator[Server]:
    """One for all scenarios; each has devices of its own."""
    found = Server(tmp_path_factory.mktemp("server"), bench_file.address if bench_file else "127.0.0.1")
    yield found
    found.kill()


@pytest.fixture
def seed() -> int:
    """What chance does in a scenario; HENGE_SEED repeats one that was printed."""
    found = int(os.environ.get("HENGE_SEED", 0)) or random.randrange(1, 1 << 30)
    print(f"HENGE_SEED={found}")
    return found


@pytest.fixture
def board(
    request: pytest.FixtureRequest, which: str, bench_file: bench.Bench | None, tmp_path: Path, micropython: Path
) -> Iterator[Board]:
    """Off where it can be, and blank where it is virtual."""
    if bench_file:
        found: Board = Real(bench_file, which)
    elif which == "qemu":
        found = Emulated(tmp_path, program("qemu", "qemu-system-arm"), CACHE / "qemu" / "firmware.elf", micropython)
    else:
        special = request.node.get_closest_marker("virtual")
        kind = "pico" if which == "virtual-pico" else "esp32"
        found = Virtual(tmp_path / "board", kind, **(special.kwargs if special else {}))
    needed = {what for marker in request.node.iter_markers("needs") for what in marker.args}
    if "flash" in request.fixturenames:
        needed.add("network")
    if missing := sorted(needed - found.can):
        found.close()
        pytest.skip(f"{which} cannot do this: {', '.join(missing)} (docs/hil.md says what a bench needs)")
    yield found
    found.close()


@pytest.fixture
def power(board: Board) -> Relay:
    return board.relay


@pytest.fixture
def network(board: Board) -> Air:
    """The Wi-Fi around the board, which a scenario takes away and brings back."""
    assert isinstance(board, Virtual), "a test that uses this needs `air`"
    return board.air


@pytest.fixture
def flash(server: Server, board: Board, bench_file: bench.Bench | None) -> Flash:
    """Makes the board a new device, with a schema of these settings, and waits until it is in step."""

    def flash_it(settings: dict[str, Any], with_trouble: bool = False) -> Device:
        device, credential = server.add(f"board-{next(_numbers)}", settings)
        name, password = bench_file.wifi if bench_file else Virtual.wifi
        provision = {
            "server": server.mqtts,
            "networks": [{"ssid": name, "password": password}],
            "country": bench_file.country if bench_file else "",
            "ntp": "",
            "credential": credential,
        }
        board.fill(firmware.files(board.kind, provision, with_trouble))
        device.wait_in_step()
        return device

    return flash_it


@pytest.fixture
def device(flash: Flash) -> Device:
    """What the server knows of the board, which is flashed, on and in step."""
    return flash(SETTINGS)


@pytest.fixture
def troubled(flash: Flash) -> Device:
    """Likewise, with a driver more that does what no driver should: see trouble.py."""
    return flash(SETTINGS | TROUBLE, with_trouble=True)

"""The ground of tests on the emulated 32-bit board: its files, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleetsim.emulator import image
from fleetsim.emulator.machine import Machine

from bench.firmware.board_files import AGENT, compile_file
from tests.conftest import CACHE, program

PORTABLE = Path(__file__).parents[1] / "portable"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, micropython: Path) -> Path:
    """A file system with the agent and the portable tests."""
    folder = tmp_path_factory.mktemp("emulated")
    for root in (AGENT, PORTABLE):
        for path in root.rglob("*.py"):
            name = str(path.relative_to(root))
            compile_file(path, (folder / "files" / "lib" / name).with_suffix(".mpy"), name)
    image.make(micropython, folder / "files", folder / "image")
    return folder / "image"


@pytest.fixture
def switched_on(files: Path) -> Callable[[], Machine]:
    """Makes a board that has just been switched on; to be used in a `with`."""
    return lambda: Machine(program("qemu", "qemu-system-arm"), CACHE / "qemu" / "firmware.elf", files)

"""The ground of tests on the emulated 32-bit board: its files, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleetsim.emulator.machine import Machine

from bench.firmware import emulated


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file system with the agent and the portable tests."""
    return emulated.make_image(tmp_path_factory.mktemp("emulated"))


@pytest.fixture
def switched_on(files: Path) -> Callable[[], Machine]:
    """Makes a board that has just been switched on; to be used in a `with`."""
    return lambda: emulated.board(files)

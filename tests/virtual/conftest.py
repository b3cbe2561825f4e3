"""A virtual board that is on, and mpremote as people run it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleetsim.virtual import KINDS, VirtualBoard

TIME_LIMIT = 60  # seconds; an mpremote takes less than one. This only ends what would never end


@pytest.fixture(params=sorted(KINDS))
def board(request: pytest.FixtureRequest, micropython: Path, tmp_path: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(tmp_path / "board", request.param) as board:
        board.power_on()
        yield board


@pytest.fixture
def mpremote(board: VirtualBoard, tmp_path: Path) -> Callable[..., str]:
    """Runs it with the arguments after `connect PORT`; what it printed."""

    def run(*arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "mpremote", "connect", board.port, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False, cwd=tmp_path)
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}\nboard: {board.heard[-2000:]}"
        return done.stdout + done.stderr

    return run


def put(mpremote: Callable[..., str], tmp_path: Path, name: str, text: str) -> None:
    """A file onto the board."""
    (tmp_path / name).write_text(text)
    mpremote("cp", name, ":" + name)

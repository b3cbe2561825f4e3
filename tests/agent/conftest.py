"""The agent on either runtime with a broker to connect to; a MicroPython that is asked what it makes of an input."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from henge_mqtt import Broker

from tests.agent.asked import Asked
from tests.agent.ground import Desk, Ground

# 128 KiB of a 32-bit board, whose objects take half of what they take here: less than either board has. TLS takes its
# memory outside of it.
BOARD_HEAP = ["-X", "heapsize=256k"]


@pytest.fixture(params=["cpython", "micropython"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """How to start an interpreter."""
    if request.param == "cpython":
        return [sys.executable]
    return [str(request.getfixturevalue("micropython")), *BOARD_HEAP]


@pytest.fixture
async def ground(command: list[str], tmp_path: Path) -> AsyncIterator[Ground]:
    desk = Desk()
    broker = Broker(desk)
    listener = await broker.listen("127.0.0.1", 0)
    ground = Ground(broker, listener, desk, tmp_path, command)
    yield ground
    await ground.end()
    await broker.close()


@pytest.fixture(scope="session")
def small_board(micropython: Path) -> Iterator[Asked]:
    """A MicroPython with the heap of a board."""
    asked = Asked([str(micropython), *BOARD_HEAP])
    yield asked
    asked.end()

"""Clients that no one here wrote go through every feature, at henge's broker and at mosquitto."""

import pytest

from tests.broker.interop.grounds import GROUNDS
from tests.broker.interop.matrix import FAILS, WORKS, Cell
from tests.broker.interop.stage import Stage
from tests.broker.interop.tap import PATIENCE_S, Tap

# The server runs on uvloop; the other loop has its own tests of the broker.
pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

SHORT_PATIENCE_S = 5
"""Where what a scenario waits for is not to come."""


@pytest.fixture
def play(tmp_path, certificates):
    """Plays the scenario of a cell; what it says."""

    async def play(cell: Cell, patience_s: float) -> str | None:
        async with GROUNDS[cell.broker](tmp_path, certificates) as ground, Tap(ground.port, patience_s) as tap:
            stage = Stage(cell.client, ground, tap, certificates)
            try:
                return await cell.feature.scenario(stage)
            finally:
                await stage.close()

    return play


@pytest.mark.spec("7.0.0-2", "7.1.1-1")
@pytest.mark.parametrize(
    "cell", [pytest.param(cell, id=cell.id, marks=() if cell.quick else pytest.mark.slow) for cell in WORKS]
)
async def test_client_does(cell, play, record_property):
    said = await play(cell, PATIENCE_S)
    record_property("cell", (cell.broker, cell.feature.name, cell.client.name, said or "yes"))


@pytest.mark.slow
@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.id) for cell in FAILS])
async def test_client_fails_at_either_broker(cell, play, record_property):
    with pytest.raises((AssertionError, TimeoutError)):
        await play(cell, SHORT_PATIENCE_S)
    record_property("cell", (cell.broker, cell.feature.name, cell.client.name, "no"))

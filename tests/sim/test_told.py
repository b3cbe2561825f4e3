"""What a person reads at the command line when a board took a revision back, and how they try it again."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts
from fleetsim.board import SimBoard
from fleetsim.network import Ground
from henge_agent.agent import TRIAL_MS
from henge_server.server import Server

from tests.sim.conftest import port_of
from tests.sim.desk import HOME, NEW_HUB, PATIENCE_S, Desk, says

WHY = f"cannot connect to {NEW_HUB}:8883: the host cannot be reached"


async def fleetctl(*words: str) -> tuple[int, str]:
    """Exit code, and all that it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleetctl", *words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
def knows(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line knows the server."""
    for name in [*os.environ]:
        if name.startswith("HENGE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    Contexts().put(Context("home", server.ready.url, server.ready.token), current_if_none=True)


@pytest.mark.usefixtures("knows")
async def test_the_reason_is_told_and_the_same_values_are_tried_again(
    desk: Desk, board: SimBoard, network: Ground
) -> None:
    setting = ("config", "set", "porch", f"server.address=mqtts://{NEW_HUB}", "--wait", "60s")
    asked = asyncio.create_task(fleetctl(*setting))
    await says(board, WHY)
    board.clock.jump(TRIAL_MS)
    code, said = await asked
    assert (code, "porch took revision 2 back after its trial" in said, WHY in said) == (1, True, True)
    assert f"revision 2 was rolled back:\n  {WHY}" in (await fleetctl("config", "get", "porch"))[1]
    assert f"rolled back: {WHY}" in (await fleetctl("config", "history", "porch"))[1]
    network.lead(HOME, NEW_HUB, 8883, port_of(desk.server))
    code, said = await fleetctl("config", "rollback", "porch", "2", "--yes", "--wait", "60s")
    assert (code, "confirmed in" in said, "(revision 3)" in said) == (0, True, True)

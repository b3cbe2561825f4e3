"""The power fails at every write of a story, on LittleFS 2 on a chip that the board itself simulates: no state is bad.

It needs memory beside the board's heap. tests/bench/test_power_cuts.py has documents of all sizes.
"""

from pathlib import Path

import pytest

from bench.firmware import emulated
from bench.firmware.power_cuts import read
from tests.hil import modules
from tests.hil.boards import Board

pytestmark = [pytest.mark.slow, pytest.mark.boards("qemu"), pytest.mark.needs("spare")]

POWER = ("agent_fakes", "power_cuts", "power_ground", "power_story", "power_subject")


@pytest.mark.parametrize("ground", ["lfs2-esp32-32-bits", "lfs2-pico-32-bits"])
def test_no_cut_leaves_a_bad_state(board: Board, tmp_path: Path, ground: str) -> None:
    modules.fill(board, tmp_path / "compiled", *POWER, *modules.SIMULATOR)
    printed = board.run(f"{emulated.BEGIN}import power_cuts\npower_cuts.main(['--few', '{ground}'])")
    found = read(printed.splitlines())
    assert found.bad == []
    assert all(row.cuts > 0 for row in found.rows)

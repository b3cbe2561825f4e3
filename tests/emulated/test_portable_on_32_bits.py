"""The portable tests on a 32-bit processor with 192 KiB of heap: single floats, small integers of 31 bits."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleetsim.emulator.machine import Machine

from bench.firmware import emulated
from bench.firmware.emulated import PORTABLE

pytestmark = pytest.mark.slow
LIMIT_S = 600  # only ends what would never end

# What each of these needs is not on the emulated board.
NEEDS_MORE = {
    "test_agent_files": "the files of a computer",
    "test_agent_health": "chance: os.urandom",
    "test_cut_ids": "room in its heap for the disk of a computer",
    "test_lookup": "sockets",
}
CHIPS = {"test_agent_cuts"}  # with a flash chip that would take all of the heap
FILES = sorted(path for path in PORTABLE.glob("test_*.py") if path.stem not in NEEDS_MORE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_portable_file_passes_on_32_bits(file: Path, switched_on: Callable[[], Machine]) -> None:
    with switched_on() as board:
        # The agent first: it sets how often the heap is collected.
        begin = emulated.BEGIN if file.stem in CHIPS else "import henge_agent\n"
        printed = board.run(f"{begin}from {file.stem} import *\nunittest.main()", LIMIT_S)
    assert printed.rstrip().endswith("OK"), printed


def test_it_has_the_numbers_of_a_small_board(switched_on: Callable[[], Machine]) -> None:
    with switched_on() as board:
        printed = board.run("import sys, time\nprint(sys.maxsize, 2.0**24 + 1 == 2.0**24, time.ticks_add(0, -1) + 1)")
    assert printed.split() == [str(2**31 - 1), "True", str(2**30)]


def test_what_is_left_out_is_there() -> None:
    assert [name for name in (*NEEDS_MORE, *CHIPS) if not (PORTABLE / (name + ".py")).exists()] == []

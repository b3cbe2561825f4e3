"""The portable tests on a 32-bit processor with 192 KiB of heap: single floats, small integers of 31 bits."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleetsim.emulator.machine import Machine

from tests.emulated.conftest import PORTABLE

pytestmark = pytest.mark.slow

# What each of these needs is not on the emulated board.
NEEDS_MORE = {
    "test_agent_cuts": "a flash of a megabyte in memory",
    "test_agent_health": "simulated pins",
    "test_lookup": "sockets",
    "test_agent_console": "the console of a computer",
    "test_agent_files": "the files of a computer",
    "test_agent_flash_storage": "os.urandom and a flash of a megabyte in memory",
    "test_driver_lights": "simulated pins",
    "test_driver_own": "simulated pins",
    "test_driver_pins": "simulated pins",
    "test_driver_sensors": "simulated pins",
    "test_flash_chip": "a flash of a megabyte in memory",
}
FILES = sorted(path for path in PORTABLE.glob("test_*.py") if path.stem not in NEEDS_MORE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_portable_file_passes_on_32_bits(file: Path, switched_on: Callable[[], Machine]) -> None:
    with switched_on() as board:
        # The agent first: it sets how often the heap is collected.
        printed = board.run(f"import henge_agent\nfrom {file.stem} import *\nunittest.main()")
    assert printed.rstrip().endswith("OK"), printed


def test_it_has_the_numbers_of_a_small_board(switched_on: Callable[[], Machine]) -> None:
    with switched_on() as board:
        printed = board.run("import sys, time\nprint(sys.maxsize, 2.0**24 + 1 == 2.0**24, time.ticks_add(0, -1) + 1)")
    assert printed.split() == [str(2**31 - 1), "True", str(2**30)]


def test_what_is_left_out_is_there() -> None:
    assert [name for name in NEEDS_MORE if not (PORTABLE / (name + ".py")).exists()] == []

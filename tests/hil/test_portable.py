"""What both ends must agree on, on the board itself: a real board has single floats and integers of 31 bits.

These are files of tests/portable. On the emulated board tests/emulated runs the others, too.
"""

from pathlib import Path

import pytest

from tests.hil import modules
from tests.hil.boards import Board

NAMES = ["test_cbor", "test_messages", "test_numbers", "test_schema", "test_signing", "test_topics"]

pytestmark = [pytest.mark.slow, pytest.mark.boards("virtual", "qemu")]


@pytest.mark.parametrize("name", NAMES)
def test_a_portable_file_passes_on_the_board(board: Board, tmp_path: Path, name: str) -> None:
    modules.fill(board, tmp_path / "compiled", name, "unittest_small")
    assert board.run(f"import henge_agent\nfrom {name} import *\nunittest.main()").rstrip().endswith("OK")

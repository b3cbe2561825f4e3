"""A board's memory: it takes the largest document, again and again, and has as much free at the end as at the start."""

from pathlib import Path

import pytest
from henge_protocol.verdicts import MAX_DOCUMENT

from tests.hil import modules
from tests.hil.boards import Board

pytestmark = [pytest.mark.slow, pytest.mark.boards("virtual", "qemu")]

_PROGRAM = f"""
import henge_agent
from agent_fakes import Life
from power_subject import Sign
from power_wear import CountingStorage, apply, free
storage = CountingStorage("/memory")
for place in ("slot-0", "slot-1", "refused-0", "refused-1"):
    storage.drop(place)
sign = Sign()
life = Life(storage, sign)
for rev in range(1, 41):
    apply(life, sign, rev, {MAX_DOCUMENT})
    if rev == 10:
        first = free()
print(first, free())
"""


def test_forty_of_the_largest_documents_are_taken_and_no_memory_is_lost(board: Board, tmp_path: Path) -> None:
    modules.fill(board, tmp_path / "compiled", "agent_fakes", "power_subject", "power_wear", *modules.SIMULATOR)
    first, last = map(int, board.run(_PROGRAM).split())
    print(f"free with ten of them taken: {first} B, with forty: {last} B")
    assert last >= 0.98 * first

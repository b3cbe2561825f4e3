"""No power cut leaves a bad state: every cut that bench.firmware.power_cuts makes, and what its tables are made of."""

import pytest

from bench.firmware.power_cuts import GROUNDS, Cuts, cuts, read, table, wear, worn


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS)
def test_no_cut_leaves_a_bad_state(ground: str) -> None:
    found = cuts(ground, whole=True)
    assert found.bad == []
    assert [row.bytes for row in found.rows] == [40, 256, 1024, 4096, 8192, None]
    assert all(row.cuts > 0 and row.bad == 0 for row in found.rows)


def check_wear(documents: int) -> None:
    found = wear(documents)
    assert found["writes"] == {"slot-0": documents / 2, "slot-1": documents / 2}
    assert abs(found["free_last"] / found["free_first"] - 1) < 0.02
    assert found["busiest"] >= found["mean"] > 0


def test_slots_are_written_in_rotation_and_no_memory_is_lost() -> None:
    check_wear(300)


@pytest.mark.slow
def test_slots_are_written_in_rotation_and_no_memory_is_lost_in_ten_thousand_documents() -> None:
    check_wear(10_000)


def test_what_was_printed_is_read() -> None:
    line = '{"ground": "files", "bytes": null, "points": 5000, "cuts": 7, "bad": 1}'
    found = read(["BAD life:files:1:7: why", line, ""])
    assert found.rows == [Cuts("files", None, 5000, 7, 1)]
    assert found.bad == ["BAD life:files:1:7: why"]
    assert "| a PC's files, simulated | of all sizes, by chance | 5,000 | 7 | 1 |" in table(found.rows)


def test_wear_is_told_in_one_row() -> None:
    found = {"documents": 10, "writes": {"slot-1": 5, "slot-0": 5}, "erases": 20, "busiest": 3, "mean": 1.5}
    assert "slot-0 5, slot-1 5" in worn(found | {"free_first": 1000, "free_last": 990})

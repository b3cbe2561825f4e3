"""Each benchmark runs to its end with a few of everything and prints what it found. What it found is nobody's business
here.
"""

import os

import pytest

from bench import __main__ as bench
from bench.figures import Figure, quantile, table
from bench.scale import TINY


@pytest.fixture(autouse=True)
def _own_cores():
    """A benchmark may move this process to other cores; it is put back."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.parametrize("name", bench.NAMES)
def test_benchmark_runs_to_its_end(name: str):
    figures, missing = bench.measure([name], TINY)
    assert not missing
    assert figures
    assert table(figures).count("\n") == len(figures) + 1


def test_ratio_is_times_mosquittos_effort_for_times_and_for_rates():
    assert Figure("push", 3, "ms", beside=2).ratio == 1.5
    assert Figure("connects", 500, "/s", beside=1000, is_rate=True).ratio == 2


def test_aim_is_about_the_ratio_where_there_is_one():
    assert Figure("push", 3, "ms", aim=2, beside=2).is_met
    assert not Figure("edit", 3, "ms", aim=2).is_met


def test_quantile_is_a_value_that_was_found():
    assert quantile([4, 1, 3, 2], 0.5) == 2
    assert quantile([4, 1, 3, 2], 0.99) == 4

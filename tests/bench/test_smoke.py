"""Each benchmark runs to its end with a few of everything and prints what it found. What it found is nobody's business
here.
"""

import os
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.errors import CannotMeasure
from bench.figures import Figure, quantile, table
from bench.generator import compile_sources
from bench.scale import TINY


@pytest.fixture(autouse=True)
def _own_cores():
    """A benchmark may move this process to other cores; it is put back."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


# What is measured on the emulated board needs one, which only `./dev test --all` sets up.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "firmware" else ()) for name in bench.NAMES]
)
def test_benchmark_runs_to_its_end(name: str):
    figures, missing = bench.measure([name], TINY)
    assert not missing
    assert figures
    assert table(figures).count("\n") == len(figures) + 1


def test_ratio_is_times_mosquittos_figure():
    assert Figure("push", 3, "ms", beside=2).ratio == 1.5
    assert Figure("connects", 500, "/s", beside=1000, is_rate=True).ratio == 0.5


def test_aim_is_about_the_ratio_where_there_is_one():
    assert Figure("push", 3, "ms", beside=2).reaches(2)
    assert not Figure("edit", 3, "ms").reaches(2)


def test_aim_is_the_least_for_a_rate():
    assert Figure("connects", 800, "/s", beside=1000, is_rate=True).reaches(0.7)
    assert not Figure("connects", 600, "/s", beside=1000, is_rate=True).reaches(0.7)


def test_aim_is_about_the_value_where_it_is_absolute():
    assert not Figure("memory", 7, "KB", beside=9, absolute=True).reaches(6)


def test_aim_is_missed_by_whoever_did_not_finish():
    assert not Figure("reconnect", "400 of 1000, not in 10 s", "s", beside=2).reaches(1)
    assert Figure("reconnect", 2, "s", beside="400 of 1000, not in 10 s").reaches(1)


def test_table_says_where_the_generator_was_what_was_measured():
    busy = Figure("connects", 500, "/s", aim=0.7, beside=500, is_rate=True, load=(60, 95))
    assert "(load)" in table([busy])
    spent = Figure("connects", 40, "us", aim=0.7, beside=40, load=(60, 95))
    assert "(load)" not in table([spent])


def test_generator_says_what_to_install_when_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotMeasure, match="apt install gcc"):
        compile_sources([], tmp_path / "load")
    assert not list(tmp_path.iterdir())


def test_quantile_is_a_value_that_was_found():
    assert quantile([4, 1, 3, 2], 0.5) == 2
    assert quantile([4, 1, 3, 2], 0.99) == 4

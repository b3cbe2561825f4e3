"""Runs every file of tests/portable under CPython and under MicroPython, as a program of its own.

What both ends must agree on is only agreed on when the same file passes on both. A file is a unittest program; see
tests/portable/unittest_small.py for what it may use.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PORTABLE = Path(__file__).with_name("portable")
# What a portable file imports: `tools` for fleetsim, whose simulated flash chip runs on both.
FOLDERS = ":".join(str(folder) for folder in (PORTABLE, *(PORTABLE.parents[1] / name for name in ("agent", "tools"))))
FILES = sorted(PORTABLE.glob("test_*.py"))
# 128 KiB of a 32-bit board, whose objects take half of what they take here: less than either board has.
SMALL_HEAP = ["-X", "heapsize=256k"]
# Files that need more, each with the reason.
ROOMY = {
    "test_agent_cuts": "the flash chip that it simulates lies in the heap",
    "test_cut_ids": "so does the disk",
    "test_schema": "the checks of declarations, with as many settings as there may be, are a server's",
}
# Seconds. Any of these takes one or two; this only ends what would never end.
TIME_LIMIT = 120


@pytest.mark.parametrize("runtime", ["cpython", "micropython"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_portable_file_passes(file: Path, runtime: str, request: pytest.FixtureRequest) -> None:
    if runtime == "micropython":
        heap = [] if file.stem in ROOMY else SMALL_HEAP
        command, search = [request.getfixturevalue("micropython"), *heap], {"MICROPYPATH": f".frozen:{FOLDERS}"}
    else:
        command, search = [sys.executable], {"PYTHONPATH": FOLDERS}
    done = subprocess.run(
        [*command, file],
        cwd=PORTABLE,
        env=os.environ | search,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    assert done.returncode == 0, f"{file.name} under {runtime}:\n{done.stdout}"


def test_there_are_portable_files() -> None:
    assert FILES, f"nothing to run in {PORTABLE}"
    assert ROOMY.keys() < {file.stem for file in FILES}

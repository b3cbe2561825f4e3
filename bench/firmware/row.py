"""Row: documents one after another on the 64-bit interpreter with a heap of 256 KiB, and the time of each step."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import machine
from bench.errors import CannotMeasure
from bench.machine import ROOT

_ONBOARD = Path(__file__).parent / "onboard"
_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Row:
    """Bytes of heap free after the first hundred and at the end; microseconds of each step."""

    first: int
    last: int
    steps: dict[str, float]


def measure(scratch: Path, count: int, timed: int) -> Row:
    """Of `count` documents in a row, and `timed` others. Raises CannotMeasure."""
    scratch.mkdir()
    command = [machine.program("micropython", "micropython"), "-X", "heapsize=256k", str(_ONBOARD / "row.py")]
    done = subprocess.run(
        [*command, str(scratch / "flash"), str(count), str(timed)],
        env=os.environ | {"MICROPYPATH": f".frozen:{_ONBOARD}:{ROOT / 'agent'}:{ROOT / 'tools'}"},
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise CannotMeasure(f"the documents in a row ended early: {done.stdout[-500:]}{done.stderr[-500:]}")
    found: dict[str, list[float]] = {}
    for line in done.stdout.splitlines():
        name, value = line.split()
        found.setdefault(name, []).append(float(value))
    first, last = (int(found.pop(name)[0]) for name in ("first", "last"))
    return Row(first, last, {name: median(values) for name, values in found.items()})

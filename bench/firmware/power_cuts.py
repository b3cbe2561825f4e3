"""`python -m bench.firmware.power_cuts`: cuts a simulated board's power at every step of its flash, and wears its
flash, on the real interpreter; prints both tables. `--write` puts them into docs/guarantees.md.

What it runs are the programs tests/portable/power_cuts.py and power_wear.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.errors import CannotMeasure
from bench.firmware import emulated
from bench.machine import ROOT, program

PAGE = ROOT / "docs" / "guarantees.md"
GROUNDS = {
    "lfs2-esp32": "LittleFS 2, programs of 32 B (ESP32)",
    "lfs2-pico": "LittleFS 2, programs of 256 B (Pico W)",
    "lfs2-pico-32-bits": "LittleFS 2, programs of 256 B, on the emulated 32-bit board",
    "files": "a PC's files, simulated",
}
EMULATED = ("lfs2-pico-32-bits",)  # grounds on the emulated board
_BEGIN = "<!-- power cuts: written by python -m bench.firmware.power_cuts --write -->\n"
_END = "<!-- end of the power cuts -->\n"
_PORTABLE = ROOT / "tests" / "portable"
_CUTS_HEAP = "2M"  # of which the chip's 192 KiB, and copies of it, are the most
_WEAR_HEAP = "512k"
_DOCUMENTS = 10_000
_WEAR_BYTES = 1024  # of a document: too large for LittleFS to keep in a folder's own blocks


@dataclass(frozen=True, slots=True)
class Cuts:
    """One row: a file system and the size of documents in bytes, None for all sizes in a long life."""

    ground: str
    bytes: int | None
    points: int
    cuts: int
    bad: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was counted, and a line `BAD ID: why` for each state that should not have been."""

    rows: list[Cuts]
    bad: list[str]


def cuts(ground: str, whole: bool) -> Found:
    """Every cut on one ground, or those of one size and a short life. On the emulated board a long life is shorter."""
    if ground in EMULATED:
        return read(emulated.power_cuts(ground, whole).splitlines())
    done = _run("power_cuts.py", _CUTS_HEAP, "--all" if whole else "--few", ground)
    return read(done.stdout.splitlines() + done.stderr.splitlines())


def read(lines: Iterable[str]) -> Found:
    """What power_cuts.py printed. What it did not mean to print, such as a traceback, is bad, too."""
    lines = [line for line in lines if line]
    return Found([Cuts(**json.loads(line)) for line in lines if line[0] == "{"], [x for x in lines if x[0] != "{"])


def wear(documents: int) -> dict[str, Any]:
    """What power_wear.py counted. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="henge-bench-") as folder:
        done = _run("power_wear.py", _WEAR_HEAP, str(documents), str(_WEAR_BYTES), f"{folder}/chip")
    done.check_returncode()
    return json.loads(done.stdout)


def table(rows: Iterable[Cuts]) -> str:
    """In Markdown."""
    lines = ["| file system | documents | points tried | cuts made | bad states |", "|---|---|---|---|---|"]
    for row in rows:
        size = "of all sizes, by chance" if row.bytes is None else f"{row.bytes} B"
        lines.append(f"| {GROUNDS[row.ground]} | {size} | {row.points:,} | {row.cuts:,} | {row.bad} |")
    return "\n".join(lines)


def worn(found: dict[str, Any]) -> str:
    """In Markdown, one row of figures."""
    places = ", ".join(f"{place} {count:,}" for place, count in sorted(found["writes"].items()))
    change = 100 * (found["free_last"] / found["free_first"] - 1)
    cells = {
        "documents applied": f"{found['documents']:,} of {_WEAR_BYTES} B",
        "writes": places,
        "erases": f"{found['erases']:,}",
        "of the busiest block": str(found["busiest"]),
        "of a block in the mean": f"{found['mean']:.1f}",
        "free heap after the first 100": f"{found['free_first']:,} B",
        "at the end": f"{change:+.2f} %",
    }
    return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}\n| {' | '.join(cells.values())} |"


def write(text: str) -> None:
    """Replaces what stands between the two marks of docs/guarantees.md."""
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    PAGE.write_text(f"{before}{_BEGIN}\n{text}\n\n{_END}{after}")


def _run(name: str, heap: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = ":".join(str(folder) for folder in (_PORTABLE, ROOT / "agent", ROOT / "tools"))
    command = [program("micropython", "micropython"), "-X", f"heapsize={heap}", str(_PORTABLE / name), *arguments]
    environment = os.environ | {"MICROPYPATH": f".frozen:{folders}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _replay(what: str) -> int:
    if what.split(":")[1] in EMULATED:
        print(found := emulated.replay(what), end="")
        return int("nothing is wrong" not in found)
    done = _run("power_cuts.py", _CUTS_HEAP, "--replay", what)
    print(done.stdout + done.stderr, end="")
    return done.returncode


def main() -> int:
    """0 when there was no bad state, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.firmware.power_cuts")
    parser.add_argument("--quick", action="store_true", help="one size, a short life, a thousand documents")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/guarantees.md")
    parser.add_argument("--replay", metavar="ID", help="one case again")
    try:
        return _done(parser, parser.parse_args())
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 1


def _done(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.replay:
        return _replay(options.replay)
    if options.write and options.quick:
        parser.error("--write is for whole runs")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        wearing = pool.submit(wear, _DOCUMENTS // 10 if options.quick else _DOCUMENTS)
        found = list(pool.map(lambda ground: cuts(ground, not options.quick), GROUNDS))
        text = table(row for one in found for row in one.rows) + "\n\n" + worn(wearing.result())
    bad = [line for one in found for line in one.bad]
    print("\n".join([*bad, text]))
    if options.write:
        write(text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

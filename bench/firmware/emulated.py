"""Emulated: the programs of tests/portable on the 32-bit board; chips lie in memory beside its heap."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleetsim.emulator import image
from fleetsim.emulator.machine import SPARE_AT, SPARE_BYTES, Machine, ProgramFailed

from bench import machine
from bench.errors import CannotMeasure
from bench.firmware.board_files import AGENT, compile_file
from bench.machine import ROOT

PORTABLE = ROOT / "tests" / "portable"
_SIMULATOR = ROOT / "tools" / "fleetsim"
_AT_ONCE = len(os.sched_getaffinity(0))
_LIMIT_S = 3600.0  # only ends what would never end: all cuts are some five minutes of a processor
# The agent first: it sets how often the heap is collected.
BEGIN = f"""
import henge_agent, power_ground, uctypes
power_ground.lie_outside(uctypes.bytearray_at({SPARE_AT}, {SPARE_BYTES}))
"""


def power_cuts(ground: str, whole: bool) -> str:
    """What power_cuts.py prints there, and how it failed where it did not come to its end. Raises CannotMeasure.

    Each row is made by a board of its own, whose heap has no gaps yet.
    """
    with tempfile.TemporaryDirectory(prefix="henge-bench-") as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        files = make_image(Path(folder))
        calls = [f"power_cuts.show({ground!r}, {sizes}, {age}, {updates})" for sizes, age, updates in _rows(whole)]
        return "".join(pool.map(lambda call: _said(files, call), calls))


def replay(what: str) -> str:
    """Likewise, of one case."""
    with tempfile.TemporaryDirectory(prefix="henge-bench-") as folder:
        return _said(make_image(Path(folder)), f"power_cuts.main(['--replay', {what!r}])")


def _rows(whole: bool) -> list[tuple[tuple[int, ...], int, int]]:
    """Sizes, the age of the flash, and the updates of a life, as power_cuts.py has them: a tenth of its long life."""
    if not whole:
        return [((40,), 0, 60)]
    return [((40, 256, 1024), 61, 0), ((4096,), 61, 0), ((8192,), 61, 0), ((), 0, 200)]


def _said(files: Path, call: str) -> str:
    with board(files) as emulated:
        try:
            return emulated.run(f"{BEGIN}import power_cuts\n{call}", _LIMIT_S)
        except ProgramFailed as error:
            return str(error)


def make_image(scratch: Path) -> Path:
    """The board's file system, with them in it, those of the tests with line numbers, and a folder /tmp."""
    (scratch / "files" / "tmp").mkdir(parents=True)
    (scratch / "files" / "tmp" / "here").touch()
    library = scratch / "files" / "lib"
    for path in AGENT.rglob("*.py"):  # as on boards
        name = str(path.relative_to(AGENT))
        compile_file(path, (library / name).with_suffix(".mpy"), name, "-O3")
    onboard = (_SIMULATOR / "virtual" / "onboard").glob("sim_*.py")
    for path in (*PORTABLE.glob("*.py"), *onboard):
        compile_file(path, library / f"{path.stem}.mpy", path.name)
    for name in ("__init__", "disk", "flash"):
        compile_file(_SIMULATOR / f"{name}.py", library / "fleetsim" / f"{name}.mpy", name)
    image.make(Path(machine.program("micropython", "micropython")), scratch / "files", scratch / "image")
    return scratch / "image"


def board(files: Path) -> Machine:
    """One that is switched on by a `with`. Raises CannotMeasure."""
    firmware = ROOT / ".cache" / "qemu" / "firmware.elf"
    if not firmware.exists():
        raise CannotMeasure("there is no firmware for the emulated board; ./dev bench firmware builds it")
    return Machine(Path(machine.program("qemu-system-arm", "qemu")), firmware, files)

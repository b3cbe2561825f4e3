"""Heap: what the agent and a document of 8 KiB leave free of 192 KiB, on the emulated 32-bit board."""

from dataclasses import dataclass
from pathlib import Path

from fleetsim.emulator import image
from fleetsim.emulator.machine import Machine, ProgramFailed

from bench import machine
from bench.errors import CannotMeasure
from bench.firmware import board_files, documents
from bench.machine import ROOT

_ONBOARD = Path(__file__).parent / "onboard"
_KIB = 1024
_LIMIT_S = 60.0  # a document takes a second or two; a board without memory may not end
_PROGRAM = """
import gc, network, ntptime, socket
gc.collect()
print("start", gc.mem_free())
for name in "{modules}".split():
    __import__(name)
from henge_agent.passing import forget
forget()
gc.collect()
print("imported", gc.mem_free())
import heap
heap.play({ballast})
"""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free, with one shape of document."""

    shape: str
    size: int
    start: int
    imported: int
    before: int
    worst: int
    after: int


def measure(scratch: Path, shapes: list[str]) -> list[Room]:
    """For each of the `shapes` of a document. Raises CannotMeasure where the emulated board is missing."""
    return [_measured(scratch / str(number), shape) for number, shape in enumerate(shapes)]


def _measured(scratch: Path, shape: str) -> Room:
    settings, values = documents.SHAPES[shape]()
    files = scratch / "files"
    board_files.write(board_files.agent(_ONBOARD / "heap.py"), files / "lib")
    board_files.stand_in(files / "lib")
    board_files.compile_file(_ONBOARD / "heap.py", files / "lib" / "heap.mpy", "heap.py")
    (files / "desired").write_bytes(documents.packet(1, values))
    (scratch / "declared.py").write_text(f"SETTINGS = {settings!r}\n")
    board_files.compile_file(scratch / "declared.py", files / "lib" / "declared.mpy", "declared.py")
    image.make(Path(machine.program("micropython", "micropython")), files, scratch / "image")
    found = _played(scratch, 0)
    if found["became"] != "applied":
        raise CannotMeasure(f"{shape}: the document became {found['became']}, with {found['before']} B free before it")
    low, high = 0, found["before"] // _KIB
    while high - low > 1:  # the largest ballast beside which the document still finds room
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(scratch, middle) else (low, middle)
    own = found["imported"] - found["measured"]  # what the measuring takes itself
    size = len(documents.encoded(values))
    return Room(
        shape, size, found["start"], found["imported"], found["before"] + own, low * _KIB + own, found["after"] + own
    )


def _fits(scratch: Path, ballast: int) -> bool:
    try:
        return _played(scratch, ballast)["became"] == "applied"
    except ProgramFailed:
        return False


def _played(scratch: Path, ballast: int) -> dict:
    """On a machine of its own: one that ran out of memory may not be of use any more."""
    emulator, firmware = Path(machine.program("qemu-system-arm", "qemu")), ROOT / ".cache" / "qemu" / "firmware.elf"
    with Machine(emulator, firmware, scratch / "image") as board:
        printed = board.run(_PROGRAM.format(modules=" ".join(board_files.modules()), ballast=ballast), _LIMIT_S)
    found = dict(line.split(" ", 1) for line in printed.splitlines())
    return {name: value if name == "became" else int(value) for name, value in found.items()}

"""Frozen: what a MicroPython with the agent in it takes of flash and leaves of the heap, on the emulated board.

setup/qemu.sh builds it, of the same packages as firmware/*/manifest.py for a board.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from fleetctl.flash.sources import agent_folder, firmware_folder, needed, own_files
from fleetsim.emulator import image
from fleetsim.emulator.machine import Machine

from bench import machine
from bench.errors import CannotMeasure
from bench.firmware import board_files
from bench.machine import ROOT

_BUILT = ROOT / ".cache" / "qemu"
_LOADED = 1  # a segment that is in memory at the start (ELF specification, "Program Header", PT_LOAD)
_PROGRAM = """
import gc, network, ntptime
for name in "{modules}".split():
    __import__(name)
gc.collect()
print(gc.mem_free())
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """Bytes: those of flash that are taken more, and those of the heap that are free with all of it imported."""

    flash: int
    imported: int


def measure(scratch: Path) -> Frozen:
    """Raises CannotMeasure where it was not built."""
    firmware = _BUILT / "frozen.elf"
    if not firmware.exists():
        raise CannotMeasure("no frozen firmware: run ./dev bench firmware, which builds it")
    scratch.mkdir(parents=True)
    board_files.stand_in(scratch / "files" / "lib")
    image.make(Path(machine.program("micropython", "micropython")), scratch / "files", scratch / "image")
    with Machine(Path(machine.program("qemu-system-arm", "qemu")), firmware, scratch / "image") as board:
        free = int(board.run(_PROGRAM.format(modules=" ".join(_modules()))))
    return Frozen(loaded(firmware) - loaded(_BUILT / "firmware.elf"), free)


def loaded(firmware: Path) -> int:
    """The bytes of an ELF of 32 bits that a board has in its flash."""
    data = firmware.read_bytes()
    (at,), (size, count) = struct.unpack_from("<I", data, 28), struct.unpack_from("<HH", data, 42)
    headers = (struct.unpack_from("<8I", data, at + number * size) for number in range(count))
    return sum(header[4] for header in headers if header[0] == _LOADED)


def _modules() -> list[str]:
    names = needed(agent_folder(), own_files(firmware_folder("esp32")))
    return sorted(name.removesuffix(".py").replace("/", ".") for name in names)

"""Stand-ins for what needs hardware: esptool as it looks from outside, and images that are no more than their heads."""

import json
import struct
import sys
from pathlib import Path

from fleetctl.flash import esptool

STAND_IN = """\
import json, sys
json.dump(sys.argv[1:], open({arguments!r}, "w"))
print({said!r})
sys.exit({code})
"""
# As esptool 5 says it.
WRITTEN = "Chip type: ESP32-D0WD\nWriting at 0x00001000 [====>    ]  50.0% 1/2 bytes...\nHash of data verified."


def bin_image(path: Path, chip: int) -> Path:
    """The head of an image for a chip: magic, then the chip's number in the extended header."""
    path.write_bytes(bytes([0xE9]) + bytes(11) + chip.to_bytes(2, "little") + bytes(100))
    return path


def uf2_image(path: Path, family: int) -> Path:
    block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000, 256, 0, 1, family)
    path.write_bytes(block.ljust(512, b"\0") * 300)
    return path


class StandIn:
    """esptool as it looks from outside."""

    def __init__(self, folder: Path, said: str, code: int) -> None:
        self._arguments = folder / "arguments"
        program = folder / "esptool.py"
        program.write_text(STAND_IN.format(arguments=str(self._arguments), said=said, code=code))
        self.esptool = esptool.Esptool("/dev/ttyUSB0", [sys.executable, str(program)])

    @property
    def line(self) -> str:
        return " ".join(json.loads(self._arguments.read_text()))

"""esptool, as a program of its own: puts MicroPython onto an ESP32 of whatever family.

The chip is named by the image, not by the person: esptool then refuses a board with another one.
"""

import re
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from fleetctl.errors import Failed
from fleetctl.flash.bundle import INSTALL_HINT
from fleetctl.flash.mpremote import piped

_MAGIC = 0xE9  # first byte of an image (ESP-IDF, "App Image Format")
_CHIP_AT = 12  # two bytes, little-endian: which chip it is for
# Those with Wi-Fi, by the number in the image: esptool's name, and where the boot loader begins
# (BOOTLOADER_FLASH_OFFSET in esptool's targets).
_CHIPS = {
    0: ("esp32", 0x1000),
    2: ("esp32s2", 0x1000),
    5: ("esp32c3", 0x0),
    9: ("esp32s3", 0x0),
    13: ("esp32c6", 0x0),
    23: ("esp32c5", 0x2000),
}
_BAUD = 460800  # what every bridge can; twice as much fails on some
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


class Image(NamedTuple):
    """A MicroPython for one chip."""

    path: Path
    chip: str
    offset: int


def image(path: Path) -> Image:
    """Raises Failed where the file is no image for a chip that is known."""
    try:
        with path.open("rb") as file:
            head = file.read(_CHIP_AT + 2)
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    number = int.from_bytes(head[_CHIP_AT:], "little")
    if len(head) < _CHIP_AT + 2 or head[0] != _MAGIC or number not in _CHIPS:
        raise Failed(f"{path} is no image for an ESP32. It is a .bin, from MicroPython's downloads for this board.")
    return Image(path, *_CHIPS[number])


class Esptool:
    """One port. `program` is how esptool is started."""

    def __init__(self, port: str, program: Sequence[str] = ()) -> None:
        self._port = port
        self._program = [*program] or _installed()

    def write(self, image: Image, erase: bool, progress: Callable[[float], None]) -> None:
        """Puts the image onto the board; with `erase` all else is gone. `progress` gets percents. Raises Failed."""
        options = ["--erase-all"] if erase else []
        command = ["write-flash", *options, hex(image.offset), str(image.path)]
        said = self._start(["--chip", image.chip, "--baud", str(_BAUD), *command], progress)
        if "Hash of data verified" not in said:
            raise Failed(f"esptool did not say that {image.path.name} was written whole. It said:\n{_end(said)}")

    def _start(self, command: list[str], progress: Callable[[float], None]) -> str:
        argv = [*self._program, "--port", self._port, *command]
        said = ""
        with piped(argv) as process:
            assert process.stdout
            while piece := process.stdout.read(64):  # a bar is one long line
                said += piece
                percents = _PERCENT.findall(said[-200:])
                if percents:
                    progress(min(float(percents[-1]), 100.0))
        if process.returncode:
            raise _failure(self._port, said)
        return said


def _failure(port: str, said: str) -> Failed:
    if "Wrong chip argument" in said:
        return Failed(
            f"The image is for another chip than the one at {port}. Nothing was changed. esptool says:\n{_end(said)}"
        )
    if "Failed to connect" in said:
        todo = "Hold the button BOOT (or IO0) while the command begins; a cable for charging only carries no data."
        return Failed(f"The boot loader at {port} does not answer. {todo}")
    if "could not open" in said.lower() or "busy" in said.lower():
        return Failed(
            f"{port} cannot be used. `fleetctl doctor` names the program that holds it. esptool says:\n{_end(said)}"
        )
    return Failed(f"esptool did not succeed; running the same command again begins anew. It says:\n{_end(said)}")


def _end(said: str) -> str:
    return "\n".join([line.rstrip() for line in said.splitlines() if line.strip()][-4:])


def _installed() -> list[str]:
    """Raises Failed."""
    if not find_spec("esptool"):
        raise Failed(f"esptool, which writes to an ESP32, is not installed. {INSTALL_HINT}")
    return [sys.executable, "-m", "esptool"]

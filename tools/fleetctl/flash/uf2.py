"""UF2: puts MicroPython onto a Raspberry Pi Pico, by copying a file to the drive that its boot ROM shows.

The family in the file and the board that the drive names are compared first. A drive that is not mounted is named, and
left to the person.
"""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fleetctl.errors import Failed

_MAGICS = (0x0A324655, 0x9E5D5157)  # UF2 specification, "File containers": the first two words of each block
_FAMILY_AT = 28  # with flag 0x2000
# By the family in the image (uf2families.json): what INFO_UF2.TXT on the drive says, and the drive's label.
_FAMILIES = {0xE48BFF56: ("RPI-RP2", "RPI-RP2"), 0xE48BFF59: ("RP2350", "RP2350"), 0xE48BFF5A: ("RP2350", "RP2350")}
_ABSOLUTE = 0xE48BFF57  # a block that works round a fault of RP2350's, for a chip that may be any of them
_BLOCK = 512
_STEP = 128 * _BLOCK
LABELS = ("RPI-RP2", "RP2350")


class Image(NamedTuple):
    """A MicroPython for one chip; `board` is what the drive of that chip calls itself."""

    path: Path
    board: str


class Drives:
    """Where drives are found; a test has its own."""

    def __init__(self, mounts: Path = Path("/proc/mounts"), labels: Path = Path("/dev/disk/by-label")) -> None:
        self._mounts = mounts
        self._labels = labels

    def find(self) -> tuple[Path, str] | None:
        """The folder where a board's drive is mounted, and what its INFO_UF2.TXT calls the board; None without one."""
        for line in self._mounts.read_text().splitlines():
            # The kernel writes a space in a name as \\040.
            folder = Path(line.split(" ")[1].replace("\\040", " "))
            info = folder / "INFO_UF2.TXT"
            if folder.name in LABELS or info.is_file():
                return folder, _board(info)
        return None

    def unmounted(self) -> str:
        """The label of a board's drive that is there and not mounted; empty without one."""
        return next((label for label in LABELS if (self._labels / label).exists()), "")


def image(path: Path) -> Image:
    """Raises Failed where the file is no UF2 for a chip that is known."""
    try:
        with path.open("rb") as file:
            blocks = [file.read(_BLOCK), file.read(_BLOCK)]
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    for block in blocks:
        if len(block) == _BLOCK and struct.unpack_from("<II", block) == _MAGICS:
            (family,) = struct.unpack_from("<I", block, _FAMILY_AT)
            if family in _FAMILIES:
                return Image(path, _FAMILIES[family][0])
            if family == _ABSOLUTE:
                continue
        break
    raise Failed(f"{path} is no UF2 for a Raspberry Pi Pico. It is a .uf2, from MicroPython's downloads for a Pico W.")


def write(image: Image, drive: Path, board: str, progress: Callable[[float], None]) -> None:
    """Copies the image; the board starts with it by itself. `progress` gets percents. Raises Failed."""
    if board != image.board:
        raise Failed(
            f"{image.path.name} is for {image.board}, and the board at {drive} is {board}. Nothing was changed."
        )
    data = image.path.read_bytes()
    try:
        with (drive / image.path.name).open("wb", buffering=0) as file:
            for start in range(0, len(data), _STEP):
                file.write(data[start : start + _STEP])
                os.fsync(file.fileno())
                progress(100 * min(start + _STEP, len(data)) / len(data))
    except OSError as error:
        # With the last block the board restarts, and takes its drive away before that says "done".
        if start + _STEP < len(data):
            raise Failed(f"{drive} could not be written to: {error.strerror}. Run the same command again.") from error


def _board(info: Path) -> str:
    for line in info.read_text(errors="replace").splitlines() if info.is_file() else ():
        name, _, value = line.partition(":")
        if name == "Board-ID":
            return value.strip()
    return ""

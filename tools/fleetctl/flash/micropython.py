"""MicroPython: brings it onto a board before anything else, over the port (ESP32) or the boot ROM's drive (Pico)."""

import time
from collections.abc import Callable
from typing import NamedTuple

from fleetctl.errors import Failed
from fleetctl.flash import found, images, script, uf2
from fleetctl.flash.esptool import Esptool
from fleetctl.flash.esptool import Image as BinImage
from fleetctl.flash.found import Found
from fleetctl.flash.knock import NoPrompt, knock
from fleetctl.flash.mpremote import Mpremote
from fleetctl.flash.progress import Progress

_DRIVE_S = 20.0  # until a boot ROM's drive is there, and mounted by the desktop
_EVERY_S = 0.5


class Tools(NamedTuple):
    """What acts on a board; a test has stand-ins for what needs hardware."""

    mpremote: Callable[[str], Mpremote] = Mpremote
    esptool: Callable[[str], Esptool] = Esptool
    drives: uf2.Drives = uf2.Drives()
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Installer:
    """`agree` asks the person, and raises where the answer is no."""

    def __init__(self, tools: Tools, progress: Progress, agree: Callable[[str], None]) -> None:
        self._tools = tools
        self._progress = progress
        self._agree = agree

    def write_bin(self, image: BinImage, port: str) -> None:
        """Onto the ESP32 on a port. What answers as MicroPython keeps its files, anything else is erased."""
        there = self._there(port)
        if there and there.version[:3] == images.version(image.path):
            return  # a run that was interrupted later than this
        if there:
            self._agree(f"The board on {port} is {there.named()}. Replace its MicroPython by {image.path.name}?")
        else:
            self._agree(f"What is on the board on {port} is not MicroPython, and would be erased. Go on?")
        with self._progress.step(f"Writing {image.path.name}", measured=True) as advance:
            self._tools.esptool(port).write(image, erase=not there, progress=advance)

    def write_uf2(self, image: uf2.Image, port: str) -> None:
        """Onto a Pico: the one whose drive is there, else the one on the port."""
        place = self._tools.drives.find()
        if not place:
            there = self._there(port) if port else None
            if not there:
                raise Failed(_hold_bootsel(self._tools.drives.unmounted()))
            if there.version[:3] == images.version(image.path):
                return
            self._agree(f"The board on {port} is {there.named()}. Replace its MicroPython by {image.path.name}?")
            self._tools.mpremote(port).bootloader()
            place = self._drive()
        else:
            self._agree(f"Write {image.path.name} to the board whose drive is at {place[0]}?")
        with self._progress.step(f"Writing {image.path.name}", measured=True) as advance:
            uf2.write(image, *place, progress=advance)

    def _there(self, port: str) -> Found | None:
        """The board with its MicroPython; None where none answers."""
        with self._progress.step(f"Looking at {port}"):
            try:
                knock(port)
            except NoPrompt:
                return None
            return found.read(self._tools.mpremote(port).run([script.looking([])]))

    def _drive(self):
        with self._progress.step("Waiting for the board's drive"):
            limit = self._tools.now() + _DRIVE_S
            while self._tools.now() < limit:
                place = self._tools.drives.find()
                if place:
                    return place
                self._tools.sleep(_EVERY_S)
        raise Failed(_hold_bootsel(self._tools.drives.unmounted()))


def _hold_bootsel(unmounted: str) -> str:
    if unmounted:
        return (
            f"The board's drive {unmounted} is there, and not mounted. Mount it, and run the same command again: "
            f"`udisksctl mount -b /dev/disk/by-label/{unmounted}`."
        )
    return (
        "There is no drive of a Pico. Hold its button BOOTSEL down while you plug it in: a drive RPI-RP2 (or RP2350) "
        "appears. Then run the same command again."
    )

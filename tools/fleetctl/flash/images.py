"""Images of MicroPython: a file that is given, or the newest one for this kind of board in the cache.

Nothing is downloaded: which build fits which board is a person's choice, made once on MicroPython's own page.
"""

import os
import re
from pathlib import Path

from fleetctl.errors import Failed
from fleetctl.flash import esptool, uf2

CACHED = "cached"
_PATTERNS = {"esp32": "ESP32_GENERIC-*.bin", "pico": "RPI_PICO_W-*.uf2"}
_VERSION = re.compile(r"v(\d+)\.(\d+)(?:\.(\d+))?")


def folder() -> Path:
    """Where images are kept, under the names that MicroPython gives them."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "henge" / "micropython"


def find(wanted: str, kind: str) -> Path:
    """The file that is meant by what was asked for. Raises Failed."""
    if wanted != CACHED:
        return Path(wanted)
    found = sorted(folder().glob(_PATTERNS[kind]), key=version)
    if not found:
        raise Failed(
            f"There is no {_PATTERNS[kind]} in {folder()}. Get it from micropython.org/download and put it there, or "
            "name its path. Boards other than the plain ones have images of their own: name those."
        )
    return found[-1]


def read(path: Path) -> esptool.Image | uf2.Image:
    """Told by its content. Raises Failed."""
    return uf2.image(path) if path.suffix == ".uf2" else esptool.image(path)


def version(path: Path) -> tuple[int, ...]:
    """That the name of the file says; empty where it says none."""
    found = _VERSION.search(path.name)
    return tuple(int(part or 0) for part in found.groups()) if found else ()

"""What is put on a board for a scenario: the bundle that `fleetctl flash` would copy, and /henge.json.

Where a scenario needs a board that misbehaves, its drivers are one more: trouble.py.
"""

import functools
import json
from pathlib import Path
from typing import Any

from fleetctl.flash import bundle

_TROUBLE = Path(__file__).with_name("trouble.py")
_CLASSES = {"esp32": "Esp32", "pico": "Pico"}
_MAIN = """from board import {0}
from henge_agent.start import start
from trouble import troubled

start(troubled({0}))
"""


def files(kind: str, provision: dict[str, Any], with_trouble: bool = False) -> dict[str, bytes]:
    """By their paths from the board's root."""
    found = {**_program(kind), "henge.json": json.dumps(provision).encode()}
    if with_trouble:
        found |= {"trouble.py": _TROUBLE.read_bytes(), "main.py": _MAIN.format(_CLASSES[kind]).encode()}
    return found


@functools.cache
def _program(kind: str) -> dict[str, bytes]:
    """The files of the bundle: for each a line `PATH SIZE`, and its content."""
    data = bundle.of(kind).data
    found = {}
    while data:
        head, _, data = data.partition(b"\n")
        path, size = head.decode().rsplit(" ", 1)
        found[path], data = data[: int(size)], data[int(size) :]
    return found

"""Passing: modules that are needed for a moment, like the words for what failed. Whoever needs one imports it where it
does; here they are forgotten again, on a board: flash has them, and the heap is small.

They hold texts and functions, and no class of which anything lives on: one that is imported twice is two classes.
"""

import sys

from henge_agent.compat import IS_MICROPYTHON

NAMES = tuple(
    "henge_agent." + name
    for name in ("address_text", "begin", "credential_file", "own_drivers", "provision", "reasons", "trust")
)


def forget() -> None:
    """The next who needs one reads it anew."""
    for name in NAMES if IS_MICROPYTHON else ():
        if sys.modules.pop(name, None):
            package, _, last = name.rpartition(".")
            delattr(sys.modules[package], last)  # MicroPython keeps a module there, too

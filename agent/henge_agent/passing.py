"""Passing: modules that are needed for a moment, like the words for what failed. Whoever needs one imports it where it
does; here they are forgotten again, on a board: flash has them, and the heap is small.

They hold texts and functions, and no class of which anything lives on: one that is imported twice is two classes.
"""

import sys

from henge_agent.compat import IS_MICROPYTHON

NAMES = {  # by package; tuples of names, which take no more than that in MicroPython
    "henge_agent": (
        "address_text",
        "begin",
        "credential_file",
        "found",
        "greeting",
        "handlers",
        "lookup",
        "own_drivers",
        "provision",
        "reasons",
        "recall",
        "sealing",
        "trust",
    ),
    "henge_protocol": ("sentences", "steps"),
}


def forget() -> None:
    """The next who needs one reads it anew."""
    for package, names in NAMES.items():
        for name in names if IS_MICROPYTHON else ():
            if sys.modules.pop(package + "." + name, None):
                delattr(sys.modules[package], name)  # MicroPython keeps a module there, too

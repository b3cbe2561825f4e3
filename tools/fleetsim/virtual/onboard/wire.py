"""The wire between a virtual board's interpreter and the process that plays its surroundings: one JSON text a line.

What happens on the board is told (a pin changed, the watchdog was fed); what only the surroundings know is asked (which
networks are in the air). It is no part of a board: nothing that runs on one may import it but the simulated modules.
"""

import json

_file = None


def open_wire(descriptor: int) -> None:
    """Once at the start, before the file system of the board hides that of the computer."""
    global _file
    _file = open(descriptor, "r+b")


def tell(**event) -> None:
    """Something happened; nobody answers."""
    _file.write(json.dumps(event) + "\n")  # type: ignore[union-attr]


def ask(**question):
    """What the surroundings answer. The program ends when they are gone."""
    tell(**question)
    line = _file.readline()  # type: ignore[union-attr]
    if not line:
        raise SystemExit("the virtual board's surroundings are gone")
    return json.loads(line)["answer"]

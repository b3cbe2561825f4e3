"""The terminal: whether there is one, whether it shows colour, and what to ask the person at it."""

import os
import sys
from typing import TextIO

from fleetctl.errors import Failed, Usage

_COLOURS = {"green": "32", "yellow": "33", "red": "31", "cyan": "36", "dim": "2", "bold": "1"}  # ECMA-48, SGR


def is_terminal(stream: TextIO) -> bool:
    return hasattr(stream, "isatty") and stream.isatty()


def has_colour(stream: TextIO) -> bool:
    """Colour goes to terminals only, and not where NO_COLOR is set (no-color.org) or the terminal is a dumb one."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(text: str, colour: str, stream: TextIO | None = None) -> str:
    """The text in a colour of the table above, where the stream shows colours."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if has_colour(stream or sys.stdout) else text


def printable(text: str) -> str:
    """The text without characters that would move a terminal's cursor or change its state: boards send texts too."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def confirm(question: str, yes: bool) -> None:
    """Asks, unless the answer was given with --yes. Raises Failed on a no, Usage where nobody can be asked."""
    if yes:
        return
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise Usage(f"{question} There is no terminal to ask at: repeat it with --yes.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failed("Nothing was changed.")

"""Assignments: KEY=VALUE as it stands on a command line, where a secret must not.

`-` reads the value from standard input, `@FILE` from a file, each without its last line break. A backslash in front
takes the rest as it is: `\\-`, `\\@home`, `\\\\server`.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from fleetctl import values
from fleetctl.errors import Usage

_MAX_BYTES = 16 * 1024  # a document is 8 KiB at most, so a longer value never fits


class Assignment(NamedTuple):
    """A key and the text of its value, read from where it was said to be."""

    key: str
    text: str


def read(texts: Sequence[str], standard_input: Callable[[], str] | None = None) -> list[Assignment]:
    """The assignments in the arguments. Raises Usage."""
    found: dict[str, Assignment] = {}
    inputs = 0
    for text in texts:
        key, equals, given = text.partition("=")
        if not key or not equals:
            raise Usage(f"{text!r} is not KEY=VALUE, for example led.color=#00ff66.")
        if key in found:
            raise Usage(f"{key} stands here twice.")
        inputs += given == "-"
        if inputs > 1:
            raise Usage("Standard input can be the value of one key only; use KEY=@FILE for the others.")
        found[key] = Assignment(key, _text(given, standard_input or _standard_input))
    return list(found.values())


def typed(assignments: Sequence[Assignment], settings: dict[str, values.Declaration]) -> dict[str, object]:
    """The values, each read as its setting's type."""
    return {key: values.parse(settings.get(key), text) for key, text in assignments}


def _text(given: str, standard_input: Callable[[], str]) -> str:
    if given == "-":
        return _value(standard_input(), "standard input")
    if given.startswith("@"):
        return _value(_file(Path(given[1:])), given[1:])
    return given.removeprefix("\\")


def _value(text: str, where: str) -> str:
    if len(text) > _MAX_BYTES:
        raise Usage(f"{where} holds more than {_MAX_BYTES} characters: that is no value of a setting.")
    return text.removesuffix("\n").removesuffix("\r")


def _file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}. (A value that begins with @ is written \\@.)") from error
    except UnicodeDecodeError as error:
        raise Usage(f"{path} is not a text in UTF-8.") from error


def _standard_input() -> str:
    return sys.stdin.read(_MAX_BYTES + 1)

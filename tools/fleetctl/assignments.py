"""Assignments: KEY=VALUE as it stands on a command line, where a secret must not.

`-` reads the value from standard input (at a terminal it is asked for, and not shown), `@FILE` from a file, each
without its last line break. A backslash in front takes the rest as it is: `\\-`, `\\@home`, `\\\\server`.
"""

import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from pathlib import Path
from typing import NamedTuple

from fleetctl import values
from fleetctl.errors import Usage
from fleetctl.terminal import is_terminal

_MAX_BYTES = 16 * 1024  # a document is 8 KiB at most, so a longer value never fits
_HIDDEN = "***"  # what the server shows in place of a secret


class Assignment(NamedTuple):
    """A key and the text of its value, read from where it was said to be. `in_sight`: on the command line itself."""

    key: str
    text: str
    in_sight: bool = True


def read(texts: Sequence[str], ask: Callable[[str], str] | None = None) -> list[Assignment]:
    """The assignments in the arguments. `ask` gives the text that standard input has for a key. Raises Usage."""
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
        found[key] = _assignment(key, given, ask or _from_input)
    return list(found.values())


def typed(assignments: Sequence[Assignment], settings: dict[str, values.Declaration]) -> dict[str, object]:
    """The values, each read as its setting's type."""
    return {key: values.parse(settings.get(key), text) for key, text, _ in assignments}


def refuse_secrets_in_sight(
    assignments: Sequence[Assignment], settings: dict[str, values.Declaration], device: str
) -> None:
    """Raises Usage where a secret stands on the command line: it is in the shell's history, and anybody's `ps` has it.

    An empty text is none, nor is the one that secrets are shown as: written back, it changes nothing.
    """
    for key, text, in_sight in assignments:
        if in_sight and text not in ("", _HIDDEN) and settings.get(key, {}).get("secret"):
            raise Usage(
                f"{key} is a secret, and the command line is no place for one: the shell keeps it, and others on this "
                f"machine can read it. Nothing was stored. `fleetctl config set {device} {key}=-` asks for it, "
                f"{key}=@FILE reads it from a file."
            )


def _assignment(key: str, given: str, ask: Callable[[str], str]) -> Assignment:
    if given == "-":
        return Assignment(key, _value(key, ask(key), "Standard input"), in_sight=False)
    if given.startswith("@"):
        return Assignment(key, _value(key, _file(Path(given[1:])), given[1:]), in_sight=False)
    return Assignment(key, given.removeprefix("\\"))


def _value(key: str, text: str, where: str) -> str:
    if len(text) > _MAX_BYTES:
        raise Usage(f"{where} holds more than {_MAX_BYTES} characters: that is no value of a setting.")
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise Usage(f"{where} is empty, and nothing was stored. Where an empty text is meant, write {key}= instead.")
    return value


def _file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}. (A value that begins with @ is written \\@.)") from error
    except UnicodeDecodeError as error:
        raise Usage(f"{path} is not a text in UTF-8.") from error


def _from_input(key: str) -> str:
    if not is_terminal(sys.stdin):
        return sys.stdin.read(_MAX_BYTES + 1)
    try:
        return getpass(f"{key} (is not shown): ", sys.stderr)
    except EOFError:
        return ""  # Ctrl-D

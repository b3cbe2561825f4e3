"""Asked: what a person can ask of a board on a port, as options of the command line. `fleetctl flash` and `fleetctl
device replace` take the same ones. Imports nothing heavy: every command line reads it.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from fleetctl import values

_LONGEST_S = 3600


def _seconds(text: str) -> float:
    seconds = values.duration(text)
    if seconds is None or not 0 < seconds <= _LONGEST_S:
        raise typer.BadParameter(f"{text!r} is not a time like 90s or 5m, of at most an hour")
    return seconds


def _option(flag: str, metavar: str, says: str) -> Any:
    return typer.Option(flag, metavar=metavar, show_default=False, help=says)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardOptions:
    """How the board is found, and what is put onto it."""

    port: Annotated[str, _option("--port", "PORT", "Where the board is, like /dev/ttyUSB0.")] = ""
    kind: Annotated[str, _option("--board", "esp32|pico", "Refuse any other kind of board.")] = ""
    micropython: Annotated[
        str, _option("--micropython", "IMAGE", "Put MicroPython onto it first: a file, or `cached`.")
    ] = ""
    firmware: Annotated[
        Path | None, _option("--firmware", "DIR", "boot.py, board.py and main.py of your own, from there.")
    ] = None
    wifi: Annotated[
        Path | None, _option("--wifi", "FILE", "The networks it may join; - asks, or reads standard input.")
    ] = None
    country: Annotated[str, _option("--country", "XX", "Where its radio is used, like DE.")] = ""
    server: Annotated[str, _option("--server", "ADDRESS", "Where it finds the server: mqtts://HOST[:PORT].")] = ""
    ntp: Annotated[str | None, _option("--ntp", "HOST", "Where it asks for the time; none: nowhere.")] = None
    wait_s: Annotated[
        float,
        typer.Option(
            "--wait",
            metavar="TIME",
            parser=_seconds,
            show_default=False,
            help="How long to wait until it is heard [default: 90s].",
        ),
    ] = 90.0
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and say what would be done.")] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(BoardOptions):
    """All that was asked for. `replaces`: the board takes the place of one that was."""

    device: str
    schema: str | None = None
    credential: Path | None = None
    new_credential: bool = False
    replaces: bool = False

    @classmethod
    def of(cls, options: BoardOptions, **more: Any) -> Self:
        """The options that both commands have, with what is one command's own."""
        return cls(**{field.name: getattr(options, field.name) for field in fields(options)}, **more)

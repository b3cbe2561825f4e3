"""`fleetctl flash`: from a board on a port to a device that is online."""

from pathlib import Path
from typing import Annotated

import typer

from fleetctl import values
from fleetctl.completion import device_ids, schema_names
from fleetctl.session import Session, command

_LONGEST_S = 3600


def _seconds(text: str) -> float:
    seconds = values.duration(text)
    if seconds is None or not 0 < seconds <= _LONGEST_S:
        raise typer.BadParameter(f"{text!r} is not a time like 90s or 5m, of at most an hour")
    return seconds


def register(app: typer.Typer) -> None:
    command(app, "flash")(flash)


PortOption = Annotated[
    str, typer.Option("--port", metavar="PORT", show_default=False, help="Where the board is, like /dev/ttyUSB0.")
]
BoardOption = Annotated[
    str, typer.Option("--board", metavar="esp32|pico", show_default=False, help="Refuse any other kind of board.")
]
MicropythonOption = Annotated[
    str,
    typer.Option(
        "--micropython", metavar="IMAGE", show_default=False, help="Put MicroPython onto it first: a file, or `cached`."
    ),
]
FirmwareOption = Annotated[
    Path | None,
    typer.Option(
        "--firmware", metavar="DIR", show_default=False, help="boot.py, board.py and main.py of your own, from there."
    ),
]
WifiOption = Annotated[
    Path | None,
    typer.Option(
        "--wifi", metavar="FILE", show_default=False, help="The networks it may join; - asks, or reads standard input."
    ),
]
CountryOption = Annotated[
    str, typer.Option("--country", metavar="XX", show_default=False, help="Where its radio is used, like DE.")
]
ServerOption = Annotated[
    str,
    typer.Option(
        "--server", metavar="ADDRESS", show_default=False, help="Where it finds the server: mqtts://HOST[:PORT]."
    ),
]
NtpOption = Annotated[
    str | None,
    typer.Option("--ntp", metavar="HOST", show_default=False, help="Where it asks for the time; none: nowhere."),
]
WaitOption = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="TIME",
        parser=_seconds,
        show_default="90s",
        help="How long to wait until it is heard.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Look, and say what would be done.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def flash(
    session: Session,
    device: Annotated[str, typer.Argument(metavar="DEVICE", autocompletion=device_ids)],
    port: PortOption = "",
    board: BoardOption = "",
    schema: Annotated[
        str | None,
        typer.Option(autocompletion=schema_names, show_default=False, help="Register it under that, if new."),
    ] = None,
    micropython: MicropythonOption = "",
    firmware: FirmwareOption = None,
    wifi: WifiOption = None,
    country: CountryOption = "",
    server: ServerOption = "",
    ntp: NtpOption = None,
    credential: Annotated[
        Path | None,
        typer.Option("--credential", metavar="FILE", show_default=False, help="What `device add --out FILE` wrote."),
    ] = None,
    new_credential: Annotated[bool, typer.Option("--new-credential", help="Also where the board has one.")] = False,
    wait: WaitOption = 90.0,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Make the board on a port this device: MicroPython, agent, identity, Wi-Fi; until the server has heard it.

    What is there already stays as it is, so the same command goes on where it was interrupted. Wi-Fi comes from a file
    (--wifi, else wifi.toml beside fleetctl.toml), from what the board has, or from you at the terminal.
    """
    from fleetctl.flash.run import Asked, Run

    asked = Asked(
        device=device,
        port=port,
        kind=board,
        schema=schema,
        micropython=micropython,
        firmware=firmware,
        wifi=wifi,
        country=country,
        server=server,
        ntp=ntp,
        credential=credential,
        new_credential=new_credential,
        wait_s=wait,
        dry_run=dry_run,
        yes=yes,
    )
    Run(session, asked).flash()

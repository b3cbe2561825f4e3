"""`fleetctl flash`: from a board on a port to a device that is online."""

from pathlib import Path
from typing import Annotated

import typer

from fleetctl.completion import device_ids, schema_names
from fleetctl.flash.asked import Asked, BoardOptions
from fleetctl.session import Session, command


def register(app: typer.Typer) -> None:
    command(app, "flash")(flash)


def flash(
    session: Session,
    device: Annotated[str, typer.Argument(metavar="DEVICE", autocompletion=device_ids)],
    options: BoardOptions,
    schema: Annotated[
        str | None,
        typer.Option(autocompletion=schema_names, show_default=False, help="Register it under that, if new."),
    ] = None,
    credential: Annotated[
        Path | None,
        typer.Option("--credential", metavar="FILE", show_default=False, help="What `device add --out FILE` wrote."),
    ] = None,
    new_credential: Annotated[bool, typer.Option("--new-credential", help="Also where the board has one.")] = False,
) -> None:
    """Make the board on a port this device. Brings it MicroPython, the agent, its identity and its Wi-Fi, and waits
    until the server has heard it.

    What is there already stays as it is, so the same command goes on where it was interrupted. Wi-Fi comes from a file
    (--wifi, else wifi.toml beside fleetctl.toml), from what the board has, or from you at the terminal.
    """
    from fleetctl.flash.run import Run

    asked = Asked.of(options, device=device, schema=schema, credential=credential, new_credential=new_credential)
    Run(session, asked).flash()

"""`fleetctl device replace`: a new board in the place of one that is dead."""

from pathlib import Path
from typing import Annotated

import typer

from fleetctl.commands import flash
from fleetctl.commands.device import DeviceArgument, hand_over
from fleetctl.errors import Usage
from fleetctl.session import Session, command
from fleetctl.terminal import confirm

_TAKES = "{} has a credential for a new board, and is that board from when it first uses it; its history goes on."


def register(app: typer.Typer) -> None:
    command(app, "replace")(replace)


def replace(
    session: Session,
    old: DeviceArgument,
    port: flash.PortOption = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default=False, help="Flash nothing: write the credential there."),
    ] = None,
    board: flash.BoardOption = "",
    micropython: flash.MicropythonOption = "",
    firmware: flash.FirmwareOption = None,
    wifi: flash.WifiOption = None,
    country: flash.CountryOption = "",
    server: flash.ServerOption = "",
    ntp: flash.NtpOption = None,
    wait: flash.WaitOption = 90.0,
    dry_run: flash.DryRunOption = False,
    yes: flash.YesOption = False,
) -> None:
    """Give a new board the identity, the configuration and the history of a dead one, and flash it.

    The old board is shut out as soon as the new one is heard. --out FILE is for boards that no port leads to.
    """
    if out and (port or micropython or dry_run):
        raise Usage("With --out FILE nothing is flashed: leave out --port, --micropython and --dry-run.")
    if out:
        with session.client() as client:
            status = client.device(old)["status"]
            confirm(f"Make a credential for a new board in the place of {old}, which is {status}?", yes)
            hand_over(session, client, out, lambda: client.rotate_credential(old, replace=True), _TAKES, replace=False)
        return
    from fleetctl.flash.run import Asked, Run

    asked = Asked(
        device=old,
        port=port,
        kind=board,
        micropython=micropython,
        firmware=firmware,
        wifi=wifi,
        country=country,
        server=server,
        ntp=ntp,
        wait_s=wait,
        dry_run=dry_run,
        yes=yes,
        replaces=True,
    )
    Run(session, asked).flash()

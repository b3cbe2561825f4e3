"""`fleetctl device replace`: a new board in the place of one that is dead."""

from pathlib import Path
from typing import Annotated

import typer

from fleetctl.commands.device import DeviceArgument, hand_over
from fleetctl.errors import Usage
from fleetctl.flash.asked import Asked, BoardOptions
from fleetctl.session import Session, command
from fleetctl.terminal import confirm

_TAKES = "{} has a credential for a new board, and is that board from when it first uses it; its history goes on."


def register(app: typer.Typer) -> None:
    command(app, "replace")(replace)


def replace(
    session: Session,
    old: DeviceArgument,
    options: BoardOptions,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default=False, help="Flash nothing: write the credential there."),
    ] = None,
) -> None:
    """Give a new board the identity of a dead one. Its configuration and history go on; the board is flashed for it.

    The old board is shut out as soon as the new one is heard. --out FILE is for boards that no port leads to.
    """
    if out and options != BoardOptions(yes=options.yes):
        raise Usage("With --out FILE nothing is flashed, so of the other options it takes --yes only.")
    if out:
        with session.client() as client:
            status = client.device(old)["status"]
            confirm(f"Make a credential for a new board in the place of {old}, which is {status}?", options.yes)
            hand_over(session, client, out, lambda: client.rotate_credential(old, replace=True), _TAKES, replace=False)
        return
    from fleetctl.flash.run import Run

    Run(session, Asked.of(options, device=old, replaces=True)).flash()

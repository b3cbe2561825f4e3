"""The panel: the demo's boards on a terminal, a row each, and below it what to try."""

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fleetctl.demo.boards import Board
from fleetctl.terminal import has_colour

_STATE_COLOURS = {"applied": "green", "confirmed": "green", "trial": "yellow", "starting": "dim", "new": "dim"}
_LED = "██████"


def panel(boards: Sequence[Board], note: str, hints: Sequence[str]) -> RenderableType:
    """Everything that the terminal shows. `note` is about the server; empty while it is well."""
    table = Table(
        title="henge demo: three boards on MicroPython", title_justify="left", title_style="bold", box=SIMPLE_HEAD
    )
    table.pad_edge, table.collapse_padding = False, True
    # Least widths keep the columns still while texts change; all of them fit into 80 characters.
    for heading, least in (("board", 8), ("LED", 6), ("settings", 25), ("temp", 7), ("rev", 3), ("state", 8)):
        table.add_column(heading, min_width=least)
    table.add_column("link", min_width=4)
    for board in boards:
        table.add_row(*_row(board))
    parts: list[RenderableType] = [table]
    parts += [Text(said, style="red") for said in (note, *(board.trouble for board in boards)) if said]
    if hints:
        # As text, not in a box or padded: a blank behind a backslash would break the command that is copied.
        parts += [Text("\nTry in a second terminal:\n"), *(Text("  " + hint, style="cyan") for hint in hints)]
    parts.append(Text("\nCtrl-C ends the demo and removes all of it.", style="dim"))
    return Group(*parts)


def _led(board: Board) -> Text:
    """A block that shines as the LED does; in words where the terminal shows no colours."""
    if not has_colour(sys.stdout):
        return Text(board.colour)
    return Text(_LED, style=f"rgb({board.red},{board.green},{board.blue})")


def _row(board: Board) -> list[Text]:
    return [
        Text(board.name, style="bold"),
        _led(board),
        Text(board.settings_text),
        Text(board.temperature_text),
        Text(str(board.rev or "-")),
        Text(board.state, style=_STATE_COLOURS.get(board.state, "red")),
        Text(board.link, style="green" if board.link == "up" else "red"),
    ]

"""The panel: the demo's boards on a terminal, a row each."""

import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fleetctl.demo.boards import Board
from fleetctl.terminal import has_colour

_STATE_COLOURS = {"applied": "green", "confirmed": "green", "trial": "yellow", "starting": "dim", "new": "dim"}
_OTHERS = 8 + 7 + 7 + 3 + 8 + 4 + 6 * 2 + 2  # characters that all but the settings take, with gaps and edges
_NARROWEST = 8  # characters for the settings: `breathe,`
_LED = "██████"


def panel(boards: Sequence[Board], note: str, width: int) -> RenderableType:
    """What changes on a terminal of that many columns. `note` is about the server; empty while it is well."""
    table = Table(
        title="henge demo: three boards on MicroPython", title_justify="left", title_style="bold", box=SIMPLE_HEAD
    )
    table.pad_edge, table.collapse_padding = False, True
    # Least widths keep the columns still while texts change; all of them fit into 80 characters. The settings come last
    # and are broken into lines where the terminal is narrower: what state a board is in is worth more.
    for heading, least in (("board", 8), ("LED", 6), ("temp", 7), ("rev", 3), ("state", 8), ("link", 4)):
        table.add_column(heading, min_width=least, no_wrap=True)
    table.add_column("settings", min_width=max(_NARROWEST, min(25, width - _OTHERS)))
    for board in boards:
        table.add_row(*_row(board))
    parts: list[RenderableType] = [table]
    parts += [Text(said, style="red") for said in (note, *(board.trouble for board in boards)) if said]
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
        Text(board.temperature_text),
        Text(str(board.rev or "-")),
        Text(board.state, style=_STATE_COLOURS.get(board.state, "red")),
        Text(board.link, style="green" if board.link == "up" else "red"),
        Text(board.settings_text),
    ]

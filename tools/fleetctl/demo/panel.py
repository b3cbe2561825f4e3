"""The panel: the demo's boards on a terminal, a row each, and below it what to try."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fleetctl.demo.boards import Board

_STATE_COLOURS = {"applied": "green", "confirmed": "green", "trial": "yellow", "starting": "dim"}
_LED = "██████"


def panel(boards: Sequence[Board], trouble: str, hints: Sequence[str]) -> RenderableType:
    """Everything that the terminal shows. `trouble` is about the server; empty while it is well."""
    table = Table(title="henge demo: three boards on MicroPython", title_justify="left", title_style="bold")
    for heading, least in (("board", 8), ("LED", 14), ("settings", 16), ("temp", 7), ("rev", 3), ("state", 9)):
        table.add_column(heading, min_width=least)
    table.add_column("link", min_width=4)
    for board in boards:
        table.add_row(*_row(board))
    parts: list[RenderableType] = [table]
    if trouble:
        parts.append(Text(trouble, style="red"))
    # Each line is a whole one: cut at the terminal's edge it could not be copied.
    parts += [Text("\nTry in a second terminal:\n"), Padding(Text("\n".join(hints), style="cyan"), (0, 0, 0, 2))]
    parts.append(Text("\nCtrl-C ends the demo and removes all of it.", style="dim"))
    return Group(*parts)


def _row(board: Board) -> list[Text]:
    state = Text(board.trouble, style="red") if board.trouble else Text(board.state, style=_state_style(board))
    return [
        Text(board.name, style="bold"),
        Text.assemble((_LED, f"rgb({board.red},{board.green},{board.blue})"), " ", (board.colour, "dim")),
        Text(board.settings_text),
        Text(board.temperature_text),
        Text(str(board.rev or "-")),
        state,
        Text(board.link, style="green" if board.link == "up" else "red"),
    ]


def _state_style(board: Board) -> str:
    return _STATE_COLOURS.get(board.state, "red")

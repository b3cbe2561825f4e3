"""`fleetctl demo`: a server and three boards on real MicroPython, live in the terminal."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetctl.errors import Failed
from fleetctl.session import Session, command
from fleetctl.terminal import is_terminal, printable

if TYPE_CHECKING:
    from rich.live import Live

    from fleetctl.demo.boards import Board
    from fleetctl.demo.stage import Screen


def register(app: typer.Typer) -> None:
    command(app, "demo")(demo)


def demo(
    session: Session,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default=False, help="Keep the demo's data there; else it goes at the end."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=0, show_default=False, help="End by itself.")
    ] = None,
) -> None:
    """Start a server and three boards on real MicroPython, and show them live. Ctrl-C leaves nothing behind.

    Has its own folder and the context `demo`, and touches no other. Where the output is no terminal: a line for each
    change.
    """
    import asyncio

    from fleetctl.demo import ground

    interpreter = ground.micropython()
    ground.refuse_to_overwrite()
    try:
        asyncio.run(_run(data, interpreter, seconds))
    except BrokenPipeError:
        raise  # nobody reads the output any more: no fault of the demo
    except OSError as error:
        raise Failed(f"The demo cannot go on: {error}.") from error


async def _run(data: Path | None, interpreter: str, seconds: float | None) -> None:
    import asyncio
    import signal

    from fleetctl.demo.place import folder
    from fleetctl.demo.stage import Stage

    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, until.set)
    if seconds is not None:
        loop.call_later(seconds, until.set)
    with folder(data) as place, _screen() as screen:  # now that no signal can end it half-way
        await Stage(place, interpreter, screen).run(until)


@contextmanager
def _screen() -> "Iterator[Screen]":
    """The screen that fits the output; a terminal is given back as it was."""
    if not is_terminal(sys.stdout):
        yield _Lines()
        return
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        yield _Panel(live)


class _Panel:
    """A terminal."""

    def __init__(self, live: "Live") -> None:
        self._live = live

    def begin(self, hints: Sequence[str]) -> None:
        """Above the panel and as they are: broken to the width of the terminal they would not paste."""
        from rich.text import Text

        lines = [Text("Try in a second terminal:\n"), *(Text("  " + hint, style="cyan") for hint in hints), Text()]
        for line in lines:
            self._live.console.print(line, soft_wrap=True)

    def show(self, boards: "Sequence[Board]", note: str) -> None:
        from fleetctl.demo.panel import panel

        self._live.update(panel(boards, note, self._live.console.width), refresh=True)


class _Lines:
    """A pipe or a file: a line for each board that changed."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple] = {}
        self._note = ""

    def begin(self, hints: Sequence[str]) -> None:
        print("Try in a second terminal:\n\n  " + "\n  ".join(hints) + "\n", flush=True)

    def show(self, boards: "Sequence[Board]", note: str) -> None:
        if note and note != self._note:
            print(printable(note), flush=True)
        self._note = note
        for board in boards:
            if board.is_looked_up:
                continue  # one line with its settings, not one without them before
            if self._shown.get(board.name, _unseen(board)) != board.gist():
                self._shown[board.name] = board.gist()
                print(printable(board.line()), flush=True)


def _unseen(board: "Board") -> tuple:
    """What there is of a board that has not said anything: not worth a line."""
    return type(board)(board.name).gist()

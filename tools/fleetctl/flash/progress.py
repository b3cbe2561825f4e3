"""Progress: what is being done and how far it is, on standard error; a bar at a terminal, else a line for each step."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fleetctl.terminal import is_terminal

Advance = Callable[[float], None]  # takes percents


class Progress:
    """`step` is one thing that takes its time."""

    @contextmanager
    def step(self, title: str, measured: bool = False) -> Iterator[Advance]:
        """Shown until the block ends. `measured`: the caller says how far it is."""
        if not is_terminal(sys.stderr):
            print(title, file=sys.stderr, flush=True)
            yield lambda percent: None
            return
        with self._bar(measured) as (add, update):
            add(title)
            yield update

    @contextmanager
    def _bar(self, measured: bool) -> Iterator[tuple[Callable[[str], None], Advance]]:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (BarColumn(), TaskProgressColumn()) if measured else ()
        bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            *columns,
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        with bars:
            tasks = []
            yield (
                lambda title: tasks.append(bars.add_task(title, total=100 if measured else None)),
                lambda percent: bars.update(tasks[0], completed=percent),
            )
            bars.update(tasks[0], total=100, completed=100)

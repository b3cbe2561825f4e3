"""docs/interoperability.md: the table of what clients were seen to do, made by a run of all scenarios.

`./dev test --all tests/broker/interop --write-page` runs them and writes it, if the run has seen every
cell of the table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.broker.interop.features import Feature
from tests.broker.interop.matrix import CHAPTERS, CLIENTS, FAILS, WORKS
from tests.broker.interop.visitor import Foreign

PAGE = Path(__file__).parents[3] / "docs" / "interoperability.md"
BEGIN = "<!-- table: written by ./dev test --all tests/broker/interop --write-page -->\n"
END = "<!-- end of the table -->\n"

Cells = dict[tuple[str, str, str], str]
"""Broker, feature and client -> what was seen."""


class Notes:
    """The notes below the table, numbered as they come up; those of the same words share a number."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def mark(self, note: str) -> str:
        if note not in self.all:
            self.all.append(note)
        return f"({self.all.index(note) + 1})"


def needed() -> set[tuple[str, str, str]]:
    """The cells of `Cells` that a whole table has."""
    return {(cell.broker, cell.feature.name, cell.client.name) for cell in WORKS + FAILS}


def table(cells: Cells, versions: list[str]) -> str:
    """The table and its notes. `versions` are those of the clients, in the order of CLIENTS."""
    notes = Notes()
    lines = [_row("", *(f"{client.name} {version}" for client, version in zip(CLIENTS, versions, strict=True)))]
    lines.append("|---" * (len(CLIENTS) + 1) + "|")
    for chapter in CHAPTERS:
        lines.append(_row(f"**{chapter.title}**", *("" for _ in CLIENTS)))
        for feature in chapter.all:
            lines.append(_row(feature.name, *(_cell(cells, feature, client, notes) for client in CLIENTS)))
    return "\n".join(lines) + "\n\n" + "".join(f"{number}. {note}\n" for number, note in enumerate(notes.all, 1))


def _cell(cells: Cells, feature: Feature, client: Foreign, notes: Notes) -> str:
    reason = why_not(feature, client)
    if reason:
        return f"{'no' if feature.name in client.lacks else 'fails'} {notes.mark(reason)}"
    ours, theirs = (cells[broker, feature.name, client.name] for broker in ("henge", "mosquitto"))
    return ours if ours == theirs else f"{ours} {notes.mark(f'at mosquitto: {theirs}')}"


def why_not(feature: Feature, client: Foreign) -> str | None:
    """The note where the client does not do it."""
    if feature.name in client.lacks:
        return f"{client.name}: {client.lacks[feature.name]}"
    if feature.name in client.fails:
        return f"{client.name}, at either broker: {client.fails[feature.name]}"
    return None


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


class PageWriter:
    """A plugin of pytest's that gathers what the scenarios say and writes the page at the end."""

    def __init__(self) -> None:
        self._cells: Cells = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            said: dict[str, Any] = dict(report.user_properties)
            if "cell" in said:
                broker, feature, client, seen = said["cell"]
                self._cells[broker, feature, client] = seen

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if needed() - self._cells.keys():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        missing = needed() - self._cells.keys()
        if missing:
            terminalreporter.line(f"{PAGE.name} stays as it is: {len(missing)} cells were not seen in this run")
            return
        before, _, rest = PAGE.read_text().partition(BEGIN)
        made = table(self._cells, [client.version() for client in CLIENTS])
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}")
        terminalreporter.line(f"{PAGE.name} is written")

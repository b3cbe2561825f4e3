"""`fleetctl doctor`: looks for what is wrong, and says what to do about it."""

import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from fleetctl.errors import Failed
from fleetctl.session import Session, command
from fleetctl.terminal import painted, printable

if TYPE_CHECKING:
    from fleetctl.finding import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def register(app: typer.Typer) -> None:
    command(app, "doctor")(doctor)


def doctor(session: Session) -> None:
    """Look for what is wrong, and say what to do about it. Exit code 1 where something fails."""
    from fleetctl.checkup import Checkup
    from fleetctl.finding import Level

    found = []
    for finding in Checkup(session.context_name, lambda: datetime.now(UTC), _micropython).run():
        found.append(finding)
        session.output.say(_line(finding))  # each as soon as it is made
    if not session.output.is_for_people:
        items = [{**finding._asdict(), "level": finding.level.value} for finding in found]
        session.output.items(items, (), "subject", "")
    failed = sum(finding.level is Level.FAIL for finding in found)
    if failed:
        raise Failed(f"{failed} of these checks failed.")


def _micropython() -> str | None:
    return shutil.which(os.environ.get("HENGE_MICROPYTHON") or "micropython")


def _line(finding: "Finding") -> str:
    level = painted(finding.level.ljust(4), _COLOURS[finding.level])
    first, *rest = finding.text.splitlines() or [""]
    lines = [f"{level}  {finding.subject.ljust(12)}  {printable(first)}", *(" " * 20 + printable(r) for r in rest)]
    if finding.todo:
        lines.append(f"{' ' * 20}-> {printable(finding.todo)}")
    return "\n".join(lines)

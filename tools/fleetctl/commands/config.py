"""`fleetctl config`: what a board should be, what it was, and what it says it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fleetctl import assignments, outcome, values
from fleetctl.commands.device import SYNC_COLOURS, DeviceArgument, schema_name, sync_words, without_schema
from fleetctl.completion import assignments as assignment_words
from fleetctl.completion import setting_keys
from fleetctl.errors import Differs, Failed, Interrupted, Refused, Usage
from fleetctl.output import Column, Form, Item
from fleetctl.session import Session, command
from fleetctl.terminal import confirm, painted

if TYPE_CHECKING:
    from fleetctl.client import Client

app = typer.Typer(help="What a board should be, what it was, what it says it is.", no_args_is_help=True)

_MAX_WAIT_S = 60  # the server holds an answer no longer
_REVISIONS = 20  # shown, unless more are asked for: a screen


def _seconds(text: str) -> float:
    seconds = values.duration(text)
    if seconds is None or not 0 <= seconds <= _MAX_WAIT_S:
        raise typer.BadParameter(f"{text!r} is not a time like 5s or 500ms, of at most {_MAX_WAIT_S} s")
    return seconds


WaitOption = Annotated[
    float,
    typer.Option("--wait", metavar="TIME", parser=_seconds, help="Wait that long for the board to take it: 5s, 500ms."),
]
IfRevOption = Annotated[
    int | None, typer.Option("--if-rev", metavar="N", help="Only if that is the newest revision.", show_default=False)
]

_VALUES = (
    Column("KEY", lambda entry: entry["key"]),
    Column("VALUE", lambda entry: values.shown(entry["value"])),
    Column("UNIT", lambda entry: entry["unit"]),
    Column("FROM", lambda entry: entry["from"], lambda entry: "" if entry["from"] == "default" else "cyan"),
)
_HISTORY = (
    Column("REV", lambda revision: str(revision["rev"])),
    Column("AT", lambda revision: values.when(revision["at"])),
    Column("BY", lambda revision: revision["by"]),
    Column("WHY", lambda revision: revision["why"]),
    Column("SCHEMA", schema_name),
    Column("STATE", lambda revision: _state(revision)),
)
_CHANGES = (
    Column("KEY", lambda change: change["key"]),
    Column(
        "FROM", lambda change: "-" if change["from"] is None else values.shown(change["from"]), lambda change: "red"
    ),
    Column("TO", lambda change: "-" if change["to"] is None else values.shown(change["to"]), lambda change: "green"),
)


def _state(revision: Item) -> str:
    """`rolled back: the network attic was not found`; a dash where the board has not said."""
    why = outcome.reasons(revision["errors"])
    return sync_words(revision["state"] or "-") + (f": {why}" if why else "")


@command(app, "get")
def get(
    session: Session,
    device: DeviceArgument,
    key: Annotated[str | None, typer.Argument(metavar="KEY", autocompletion=setting_keys, show_default=False)] = None,
) -> None:
    """Show each value, its unit and where it comes from; with KEY the value alone."""
    with session.client() as client:
        config = client.config(device)
        known = client.device(device) if config["sync"] == "ahead" and session.output.is_for_people else None
    desired = config["desired"]
    if key is not None:
        if key not in desired["values"]:
            hint = _not_sent(config, key) or _meant(key, config["settings"]) or without_schema(device)
            raise Failed(f"{device} has no value for {key}. {hint}")
        value = desired["values"][key]
        session.output.item(value, values.shown(value), lambda: session.output.say(values.shown(value)))
        return
    if session.output.form in (Form.JSON, Form.YAML):
        session.output.item(config, device, lambda: None)
        return
    entries: list[Item] = [
        {"key": k, "value": v, "unit": values.unit_of(config["settings"].get(k)), "from": desired["origin"].get(k, "-")}
        for k, v in desired["values"].items()
    ]
    _head(session, config, known)
    nothing = f"Nothing is set. `fleetctl config set {device} KEY=VALUE` does."
    session.output.items(entries, _VALUES, "key", nothing if config["schema"] else without_schema(device))
    _say_unsupported(session, config)


@command(app, "set")
def set_values(
    session: Session,
    device: DeviceArgument,
    pairs: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE...",
            autocompletion=assignment_words,
            help="KEY=- asks for the value or reads standard input, KEY=@FILE a file; KEY=\\... takes it as it is.",
        ),
    ],
    wait: WaitOption = 0,
    if_rev: IfRevOption = None,
) -> None:
    """Set values. All of them are stored, or none.

    Values are read as the setting's type: true, 60, #00ff66 or 00ff66, 30s, 5m, 1h30m. A secret never stands on the
    command line: KEY=- or KEY=@FILE. A value that begins with -, @ or a backslash gets a backslash in front.
    """
    given = assignments.read(pairs)
    with session.client() as client:
        settings = client.config(device)["settings"]
        if not settings:
            raise Failed(without_schema(device))
        assignments.refuse_secrets_in_sight(given, settings, device)
        try:
            with _waiting(device, wait):
                answer = client.patch_config(device, assignments.typed(given, settings), wait, if_rev)
        except Refused as error:
            raise _with_hints(error, settings) from error
        _tell(session, client, answer, wait)


@command(app, "unset")
def unset(
    session: Session,
    device: DeviceArgument,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", autocompletion=setting_keys)],
    wait: WaitOption = 0,
    if_rev: IfRevOption = None,
) -> None:
    """Take values back to what the board inherits."""
    with session.client() as client:
        with _waiting(device, wait):
            answer = client.patch_config(device, dict.fromkeys(keys), wait, if_rev)
        _tell(session, client, answer, wait)


@command(app, "history")
def history(
    session: Session,
    device: DeviceArgument,
    limit: Annotated[int, typer.Option(min=1, help="How many revisions.")] = _REVISIONS,
) -> None:
    """List the revisions, the newest first: when, by whom, why, and what became of each."""
    with session.client() as client:
        found = [revision for revision, _ in zip(client.revisions(device), range(limit), strict=False)]
    session.output.items(found, _HISTORY, "rev", f"{device} has no revisions.")


@command(app, "diff")
def diff(
    session: Session,
    device: DeviceArgument,
    rev: Annotated[int | None, typer.Argument(metavar="REV", min=1, show_default=False)] = None,
    against: Annotated[int | None, typer.Argument(metavar="AGAINST", min=1, show_default=False)] = None,
) -> None:
    """Show what revision REV changed from AGAINST, or from the one before it. Exit code 6 where they differ.

    Without REV: what the newest revision changes from the one that the board runs.
    """
    with session.client() as client:
        if rev is None:
            rev, against = _wanted_and_run(client.device(device))
        against = rev - 1 if against is None else against
        if against < 1:
            raise Usage("Revision 1 is the first; name another to compare it with.")
        answer = client.diff(device, rev, against)
    changes = answer["changes"]
    nothing = f"no difference between revisions {against} and {rev} of {device}"

    def table() -> None:
        if changes:
            session.output.say(f"{device}, from revision {against} to {rev}\n")
        session.output.items(changes, _CHANGES, "key", nothing)

    session.output.item(answer, "\n".join(change["key"] for change in changes), table)
    if changes:
        raise Differs


@command(app, "rollback")
def rollback(
    session: Session,
    device: DeviceArgument,
    rev: Annotated[int, typer.Argument(metavar="REV", min=1, help="The revision whose values to take.")],
    wait: WaitOption = 0,
    if_rev: IfRevOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make a new revision with the values of an old one. Nothing of the history is lost."""
    with session.client() as client:
        newest = client.device(device)["desired_rev"]
        changes = client.diff(device, rev, newest)["changes"]
        session.output.items(changes, _CHANGES, "key", "") if changes and session.output.is_for_people else None
        confirm(f"Give {device} the values of revision {rev} (it is at {newest})?", yes)
        with _waiting(device, wait):
            answer = client.rollback(device, rev, wait, if_rev)
        _tell(session, client, answer, wait)


def _wanted_and_run(device: Item) -> tuple[int, int]:
    """The newest revision, and the one that the board runs. Raises Differs where a diff cannot show how they differ."""
    name, reported = device["id"], device["reported_rev"]
    if not reported:
        raise Differs(f"{name} has not reported yet: everything is new to it. `fleetctl config get {name}` shows it.")
    if device["sync"] == "drifted":
        raise Differs(f"{name} drifted: it says that it runs revision {reported}, and runs something else.")
    if device["sync"] == "ahead":
        raise Differs(f"{name} is ahead: it runs revision {reported}, which this server does not know.")
    return device["desired_rev"], reported


@contextmanager
def _waiting(device: str, wait: float) -> Iterator[None]:
    """Says on Ctrl-C that it ends the waiting only. Raises Interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        if not wait:
            raise
        raise Interrupted(
            "It is no longer waited for, and not taken back: a server stores a change before it waits for the board. "
            f"`fleetctl config history {device}` shows it, and what becomes of it."
        ) from None


def _tell(session: Session, client: "Client", answer: Item, wait: float) -> None:
    """The whole answer for scripts, whatever became of it; a sentence for people."""
    if not session.output.is_for_people:
        session.output.item(answer, str(answer["outcome"]["rev"]), lambda: None)
    if answer["sync"] == "ahead":
        session.output.say(outcome.held(answer, client.device(answer["device"]), wait))
    else:
        session.output.say(outcome.sentence(answer, wait))


def _head(session: Session, config: Item, ahead: Item | None) -> None:
    """The line above the values: `porch  lamp 1  revision 3  in step`, and what is wrong where something is.

    `ahead` is the device, where it is that.
    """
    if not session.output.is_for_people:
        return
    sync, reported = config["sync"], config["reported"]
    words = painted(sync_words(sync), SYNC_COLOURS.get(sync, "red"))
    session.output.say(f"{config['device']}  {schema_name(config)}  revision {config['desired']['rev']}  {words}")
    if reported and reported["errors"]:
        session.output.say(f"revision {reported['rev']} was {sync_words(reported['state'])}:")
        for key, (_, text) in sorted(reported["errors"].items()):
            session.output.say(f"  {key}: {text}" if key else f"  {text}")
    if ahead:
        session.output.say(outcome.ahead(ahead))
    if sync == "drifted":
        session.output.say("It took that revision, and now runs something else. The next change brings it in step.")
    session.output.say("")


def _say_unsupported(session: Session, config: Item) -> None:
    """What the board is not sent. An older server leaves nothing out, and does not say so."""
    left_out = config.get("unsupported", [])
    if left_out and session.output.is_for_people:
        session.output.say("\nnot sent, for the board's firmware does not support it:")
        for entry in left_out:
            session.output.say(f"  {entry['key']}: {entry['message']}")


def _not_sent(config: Item, key: str) -> str:
    """Why a key has no value, where the firmware does not support it."""
    why = [entry["message"] for entry in config.get("unsupported", []) if entry["key"] == key]
    return f"It is not sent: {why[0]}." if why else ""


def _with_hints(error: Refused, settings: dict) -> Refused:
    """The refusal, with the key that was probably meant behind each that there is not."""
    problems = [
        problem._replace(message=f"{problem.message}. {_meant(problem.key, settings)}".rstrip(". "))
        if problem.code == "unknown_key"
        else problem
        for problem in error.problems
    ]
    return Refused(error.status, error.detail, problems)


def _meant(key: str, settings: dict) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, settings, n=1)
    if close:
        return f"Is {close[0]} meant?"
    return f"There are: {', '.join(settings)}." if settings else ""

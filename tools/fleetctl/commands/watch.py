"""`fleetctl watch`: what happens, as it happens, a line each."""

import sys
from collections.abc import Callable
from shutil import get_terminal_size
from textwrap import wrap
from typing import Annotated, Any

import typer

from fleetctl import outcome, values
from fleetctl.completion import device_ids
from fleetctl.session import Session, command
from fleetctl.terminal import is_terminal, painted, printable

Data = dict[str, Any]

_NARROWEST = 20  # characters for the text; with fewer, breaking it reads worse than what the terminal does


def register(app: typer.Typer) -> None:
    command(app, "watch")(watch)


def watch(
    session: Session,
    device: Annotated[
        str | None,
        typer.Argument(metavar="ID", autocompletion=device_ids, show_default=False, help="Of this device only."),
    ] = None,
) -> None:
    """Follow what happens, until Ctrl-C. With -o json: one event on a line."""
    from fleetctl.events import Events

    with session.client() as client:
        if device:
            client.device(device)  # a name that is not there would wait for ever

        def begun() -> None:
            if session.output.is_for_people:
                _tell(f"Watching {device or 'every device'} at {client.context.server}; Ctrl-C ends it.")

        for event in Events(client, _tell, begun).follow(device):
            name = event.get("device") or event["kind"]
            session.output.event(event, name, lambda event=event: line(event, _width()))


def line(event: dict[str, Any], width: int | None = None) -> str:
    """`09:12:33  porch         applied revision 8`; broken between words and indented where it is wider than that."""
    words, colour = _WORDS.get(event["kind"], _unknown)(event["data"])
    at = values.when(event["at"])[11:]
    device = (event.get("device") or "-").ljust(12)
    text = printable(words or event["kind"])
    indent = len(f"{at}  {device}  ")
    parts = [text]
    if width is not None and width - indent >= _NARROWEST:
        parts = wrap(text, width - indent, break_on_hyphens=False) or [""]
    shown = ("\n" + " " * indent).join(painted(part, colour) if colour else part for part in parts)
    return f"{painted(at, 'dim')}  {device}  {shown}"


def _width() -> int | None:
    """Characters in a line of the terminal; None where there is none."""
    return get_terminal_size().columns if is_terminal(sys.stdout) else None


def _tell(text: str) -> None:
    print(painted(text, "yellow", sys.stderr), file=sys.stderr, flush=True)


def _changed(data: Data) -> tuple[str, str]:
    what = f": {', '.join(data['keys'])}" if data.get("keys") else ""
    return f"revision {data['rev']} is wanted{what} ({data['by']}: {data['why']})", ""


def _reported(data: Data) -> tuple[str, str]:
    state, rev, errors = data["state"], data["rev"], data.get("errors") or {}
    why = outcome.reasons(errors)
    colour = {"applied": "green", "confirmed": "green", "trial": "yellow"}.get(state, "red")
    return f"{state.replace('_', ' ')} revision {rev}" + (f": {why}" if why else ""), colour


def _heard(data: Data) -> tuple[str, str]:
    text = f"says hello: {data.get('board') or 'unknown board'}, agent {data.get('agent') or 'unknown'}"
    wrong = ["it is ahead of this server"] if data.get("ahead") else []
    wrong += ["it is in safe mode, without its drivers"] if data.get("safe") else []
    wrong += [f"its flash: {data['found']}"] if data.get("found") else []
    other = ["it is another board than before"] if data.get("uid_before") else []
    return "; ".join([text, *other, *wrong]), "red" if wrong else ""


def _command(data: Data) -> tuple[str, str]:
    name, state = data["name"], data["state"]
    text = {"waiting": f"{name} is wanted ({data['by']})", "sent": f"was told to {name}"}.get(state, f"{name}: {state}")
    colour = {"done": "green", "failed": "red", "expired": "red"}.get(state, "")
    return text + (f": {data['why']}" if data.get("why") else ""), colour


def _telemetry(data: Data) -> tuple[str, str]:
    return ", ".join(f"{key} {values.shown(value)}" for key, value in sorted(data.get("values", {}).items())), "dim"


def _offline(data: Data) -> tuple[str, str]:
    return "offline" + (f": {data['reason']}" if data.get("reason") else ""), "red"


def _schema(data: Data) -> tuple[str, str]:
    version = data.get("version")
    return (f"schema {data['name']} has version {version}" if version else f"schema {data['name']} is removed"), ""


def _unknown(data: Data) -> tuple[str, str]:
    return "", ""  # the kind's own name stands for it: a newer server knows more


_WORDS: dict[str, Callable[[Data], tuple[str, str]]] = {
    "device.added": lambda data: ("registered", "cyan"),
    "device.changed": lambda data: ("name, labels or credential changed", ""),
    "device.removed": lambda data: ("removed", "cyan"),
    "config.changed": _changed,
    "device.reported": _reported,
    "device.heard": _heard,
    "device.command": _command,
    "device.announced": lambda data: (f"announces {data['settings']} settings of its firmware", "cyan"),
    "schema.changed": _schema,
    "device.online": lambda data: ("online", "green"),
    "device.offline": _offline,
    "device.sleeping": lambda data: ("sleeping", "cyan"),
    "device.telemetry": _telemetry,
}

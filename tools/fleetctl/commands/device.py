"""`fleetctl device`: who belongs to the fleet."""

from collections.abc import Callable
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetctl import credential, values
from fleetctl.completion import device_ids, schema_names
from fleetctl.errors import Usage
from fleetctl.output import Column, Item
from fleetctl.session import Session, command
from fleetctl.terminal import confirm

if TYPE_CHECKING:
    from fleetctl.client import Client

app = typer.Typer(help="Who belongs to the fleet.", no_args_is_help=True)

DeviceArgument = Annotated[str, typer.Argument(metavar="ID", autocompletion=device_ids)]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        show_default=False,
        help="Write the credential there (mode 0600), as the agent's --credential takes it.",
    ),
]
SchemaOption = Annotated[str | None, typer.Option(autocompletion=schema_names, show_default=False)]


class Status(StrEnum):
    """Whether the server hears from a device."""

    ONLINE = "online"
    OFFLINE = "offline"
    SLEEPING = "sleeping"


class Sync(StrEnum):
    """How what a device runs stands to what it should run; docs/api.md says what each means."""

    IN_STEP = "in_step"
    PENDING = "pending"
    TRIAL = "trial"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    DRIFTED = "drifted"
    AHEAD = "ahead"


STATUS_COLOURS = {"online": "green", "offline": "red", "sleeping": "cyan"}
SYNC_COLOURS = {"in_step": "green", "pending": "yellow", "trial": "yellow"}  # every other one asks for a person: red


def schema_name(device: Item) -> str:
    """`lamp 3`; a dash where there is none."""
    schema = device["schema"]
    return f"{schema['name']} {schema['version']}" if schema else "-"


def without_schema(device: str) -> str:
    """What to do about a device that nothing can be set on."""
    return (
        f"{device} has no schema yet, so nothing can be set on it. `fleetctl device change {device} --schema NAME` "
        "gives it one, `fleetctl schema list` shows those there are, and "
        f"`fleetctl schema adopt {device}` makes one of what the board itself announces."
    )


def sync_words(sync: str) -> str:
    return sync.replace("_", " ")


def _trouble(device: Item) -> list[str]:
    """What a board says of itself that a person should look at. An older server does not pass it on."""
    found = device.get("found")
    return (["safe mode"] if device.get("safe") else []) + ([f"flash: {found}"] if found else [])


def _status(device: Item) -> str:
    return ", ".join([device["status"], *_trouble(device)])


def _status_colour(device: Item) -> str:
    return "red" if _trouble(device) else STATUS_COLOURS.get(device["status"], "")


def _labels(device: Item) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(device["labels"].items()))


_LIST = (
    Column("ID", lambda device: device["id"]),
    Column("STATUS", lambda device: _status(device), lambda device: _status_colour(device)),
    Column("SYNC", lambda device: sync_words(device["sync"]), lambda device: SYNC_COLOURS.get(device["sync"], "red")),
    Column("REV", lambda device: str(device["desired_rev"])),
    Column("SCHEMA", schema_name),
    Column("BOARD", lambda device: device["board"] or "-"),
    Column("LAST HEARD", lambda device: values.when(device["last_heard_at"]) or "never"),
    Column("LABELS", _labels),
)


@command(app, "add")
def add(
    session: Session,
    device: Annotated[str, typer.Argument(metavar="ID", help="Lower-case letters, digits, hyphens; at most 63.")],
    schema: SchemaOption = None,
    name: Annotated[str, typer.Option(help="A name for people.", show_default=False)] = "",
    label: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Several are taken.")] = None,
    out: OutOption = None,
) -> None:
    """Register a device. Its credential is shown this once: bring it to the board."""
    body: dict[str, Any] = {"id": device, "name": name, "labels": dict(_pair(text) for text in label or ())}
    if schema:
        body["schema"] = schema
    with session.client() as client:
        found = hand_over(session, client, out, lambda: client.add_device(body), "{} is registered.", replace=False)
    if not found["schema"]:
        session.output.say(f"\n{without_schema(device)}")


@command(app, "rotate")
def rotate(session: Session, device: DeviceArgument, out: OutOption = None) -> None:
    """Make a new credential. The one in use ends when the new one is first used."""
    with session.client() as client:
        sentence = "{} has a new credential; the old one ends when this one is first used."
        hand_over(session, client, out, lambda: client.rotate_credential(device), sentence, replace=True)


@command(app, "list")
def list_devices(
    session: Session,
    label: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Several must all fit.")] = None,
    status: Annotated[Status | None, typer.Option(show_default=False)] = None,
    sync: Annotated[Sync | None, typer.Option(show_default=False)] = None,
    schema: SchemaOption = None,
) -> None:
    """List devices; the options narrow it down."""
    labels = [":".join(_pair(text)) for text in label or ()] or None
    nothing = "No device fits." if label or status or sync or schema else "No device yet. `fleetctl device add ID`."
    with session.client() as client:
        found = client.devices(label=labels, status=status, sync=sync, schema=schema)
        session.output.items(found, _LIST, "id", nothing)


@command(app, "show")
def show(session: Session, device: DeviceArgument) -> None:
    """Show what is known of a device."""
    with session.client() as client:
        found = client.device(device)
    session.output.item(found, found["id"], lambda: session.output.pairs(_pairs(found)))


@command(app, "change")
def change(
    session: Session,
    device: DeviceArgument,
    name: Annotated[str | None, typer.Option(help="A name for people.", show_default=False)] = None,
    schema: SchemaOption = None,
) -> None:
    """Change a device's name, or put it under the newest version of a schema.

    Its own values stay; where one of them does not fit the schema, nothing is changed.
    """
    body = {key: value for key, value in (("name", name), ("schema", schema)) if value is not None}
    if not body:
        raise Usage(f"Say what to change: `fleetctl device change {device} --name NAME` or `--schema NAME`.")
    with session.client() as client:
        found = client.change_device(device, body)
    texts = [f"is named {found['name'] or 'nothing'}"] if name is not None else []
    texts += [f"is under {schema_name(found)}, at revision {found['desired_rev']}"] if schema is not None else []
    session.output.item(found, found["id"], lambda: session.output.say(f"{found['id']} {' and '.join(texts)}"))


@command(app, "label")
def label(
    session: Session,
    device: DeviceArgument,
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE|KEY-...", help="KEY- removes a label.")],
) -> None:
    """Set and remove labels; the others stay."""
    labels = {text[:-1]: None for text in changes if _is_removal(text)}
    labels |= dict(_pair(text) for text in changes if not _is_removal(text))
    with session.client() as client:
        found = client.change_device(device, {"labels": labels})
    text = f"{found['id']}: {_labels(found) or 'no labels'}"
    session.output.item(found, found["id"], lambda: session.output.say(text))


@command(app, "remove")
def remove(
    session: Session,
    device: DeviceArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a device with its history, and end its connection. Its credential is worth nothing then."""
    with session.client() as client:
        found = client.device(device)
        confirm(f"Remove {found['id']} ({found['status']}) and its history?", yes)
        client.remove_device(device)
    session.output.item(found, device, lambda: session.output.say(f"{device} is removed."))


def hand_over(
    session: Session, client: "Client", out: Path | None, ask: Callable[[], dict], sentence: str, replace: bool
) -> Item:
    """Asks for a credential and gives it to the file, else to the person; the device."""
    with credential.writable(out, replace=replace) if out else nullcontext() as file:
        ca = client.ca()  # first: a credential is shown once, and is not to be lost because this fails
        answer = credential.with_ca(ask(), ca)
        if file:
            file.write(answer)
    device = answer["device"]["id"]
    if file:
        answer = {"device": answer["device"], "credential_file": str(file.path)}

    def table() -> None:
        session.output.say(sentence.format(device))
        if file:
            session.output.say(f"Its credential is in {file.path}: bring that file to the board (--credential FILE).")
            return
        session.output.say("Its credential, shown this once:\n")
        session.output.pairs([(f"  {key}", value) for key, value in answer["credential"].items() if key != "ca"])
        session.output.say(
            "\nIt belongs on the board, as JSON in the agent's --credential FILE; --out FILE or -o json writes it,\n"
            "with the CA by which the board knows this server.\n"
            f"If it is lost, `fleetctl device rotate {device}` makes another."
        )

    session.output.item(answer, device, table)
    return answer["device"]


def _pairs(device: Item) -> list[tuple[str, str]]:
    reported = device["reported_rev"]
    return [
        ("id", device["id"]),
        ("name", device["name"]),
        ("labels", _labels(device)),
        ("schema", schema_name(device)),
        ("status", device["status"]),
        ("safe mode", "on: its drivers do not run, for it crashed again and again" if device.get("safe") else ""),
        ("flash", device.get("found") or ""),
        ("sync", sync_words(device["sync"])),
        ("revision", f"{device['desired_rev']} wanted, {reported if reported is not None else 'none'} reported"),
        ("board", device["board"]),
        ("agent", device["agent"]),
        ("runtime", device["runtime"]),
        ("hardware id", device.get("uid") or ""),
        ("started by", device.get("reset") or ""),
        ("free memory", f"{device['free']} bytes" if device.get("free") else ""),
        ("signal", f"{device['rssi']} dBm" if device.get("rssi") is not None else ""),
        ("last heard", values.when(device["last_heard_at"]) or "never"),
        ("added", values.when(device["created_at"])),
        ("credential", _credential(device)),
    ]


def _credential(device: Item) -> str:
    if device.get("replacing"):
        return "made for a new board, which was not heard yet"
    return "rotated; the new one was not used yet" if device["credential_pending"] else ""


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise Usage(f"{text!r} is not KEY=VALUE, for example room=kitchen.")
    return key, value


def _is_removal(text: str) -> bool:
    return "=" not in text and text.endswith("-")

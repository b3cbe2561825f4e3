"""`fleetctl broker clients`, `show`, `disconnect`: who is connected to the server's own broker, or has a session."""

from enum import StrEnum
from typing import Annotated

import typer

from fleetctl import values
from fleetctl.completion import client_ids
from fleetctl.output import Column, Item
from fleetctl.session import Session, command
from fleetctl.terminal import confirm

ClientArgument = Annotated[
    str, typer.Argument(metavar="CLIENT", autocompletion=client_ids, help="A client id; a device's is its own.")
]


class State(StrEnum):
    """Whether a client is there now."""

    CONNECTED = "connected"
    AWAY = "away"


_STATE_COLOURS = {"connected": "green", "away": "yellow"}

_LIST = (
    Column("CLIENT", lambda client: client["id"]),
    Column("STATE", lambda client: client["state"], lambda client: _STATE_COLOURS.get(client["state"], "")),
    Column("ADDRESS", lambda client: client["address"] or "-"),
    Column("TLS", lambda client: client["tls"] or "-"),
    Column("CONNECTED", lambda client: values.when(client["connected_at"]) or "-"),
    Column("LAST HEARD", lambda client: values.when(client["heard_at"]) or "-"),
    Column("FILTERS", lambda client: str(len(client["subscriptions"]))),
    Column("IN FLIGHT", lambda client: str(client["in_flight"])),
    Column("QUEUED", lambda client: str(client["queued"])),
)


def register(app: typer.Typer) -> None:
    """Adds the commands to `fleetctl broker`."""
    command(app, "clients")(list_clients)
    command(app, "show")(show)
    command(app, "disconnect")(disconnect)


def list_clients(session: Session, state: Annotated[State | None, typer.Option(show_default=False)] = None) -> None:
    """List the broker's clients: connected ones, and those that are away and have a session kept."""
    nothing = f"No client is {state}." if state else "No client is connected, or has a session kept."
    with session.client() as client:
        session.output.items(client.broker_clients(state=state), _LIST, "id", nothing)


def show(session: Session, client_id: ClientArgument) -> None:
    """Show what the broker knows of a client."""
    with session.client() as client:
        found = client.broker_client(client_id)
    session.output.item(found, found["id"], lambda: session.output.pairs(_pairs(found)))


def disconnect(
    session: Session,
    client_id: ClientArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """End a client's connection. It may come back at once: to keep a device out, remove it or rotate its credential."""
    with session.client() as client:
        found = client.broker_client(client_id)
        if found["address"]:  # who is away cannot be disconnected: the server says so
            confirm(f"Disconnect {found['id']} at {found['address']}?", yes)
        client.disconnect_client(client_id)
    text = f"{client_id} is disconnected. It may come back at once."
    session.output.item(found, client_id, lambda: session.output.say(text))


def _pairs(client: Item) -> list[tuple[str, str]]:
    alive = client["keep_alive_s"]
    subscriptions = [f"{entry['filter']} (QoS {entry['qos']})" for entry in client["subscriptions"]]
    return [
        ("client", client["id"]),
        ("state", client["state"]),
        ("user", client["user"] or ""),
        ("address", client["address"] or ""),
        ("protocol", _protocol(client)),
        ("connected", values.when(client["connected_at"])),
        ("last heard", values.when(client["heard_at"])),
        ("keep-alive", "" if alive is None else f"{alive} s" if alive else "none"),
        ("session", "ends with the connection" if client["clean_session"] else "kept while it is away"),
        *((name, text) for name, text in zip(["filters", *[" "] * len(subscriptions)], subscriptions, strict=False)),
        ("in flight", f"{client['in_flight']} messages"),
        ("queued", f"{client['queued']} messages, {client['queued_bytes']} bytes"),
    ]


def _protocol(client: Item) -> str:
    if client["protocol"] is None:
        return ""
    return f"{client['protocol']}, {client['tls'] or 'without TLS'}"

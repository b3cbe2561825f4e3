"""`fleetctl device identify`, `reboot`, `read` and `commands`: what a board is to do once, and what came of it."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from fleetctl import answered, values
from fleetctl.commands.device import DeviceArgument
from fleetctl.output import Column, Item
from fleetctl.session import Session, command

_MAX_WAIT_S = 60  # the server holds an answer no longer
_WAIT_S = 10  # for a board that is connected; it shows itself for some seconds before it answers


def _within(most_s: float) -> Callable[[str], float]:
    def seconds(text: str) -> float:
        found = values.duration(text)
        if found is None or not 0 <= found <= most_s:
            raise typer.BadParameter(f"{text!r} is not a time like 5s or 500ms, of at most {most_s:g} s")
        return found

    return seconds


WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="TIME",
        parser=_within(_MAX_WAIT_S),
        show_default=False,
        help="Wait that long for the answer; else 10s for a board that is connected, and not at all for another.",
    ),
]
TtlOption = Annotated[
    float | None,
    typer.Option(
        "--ttl",
        metavar="TIME",
        parser=_within(4 * 60 * 60),
        show_default=False,
        help="Send it only within that time: 1s to 4h; else 60s.",
    ),
]

STATE_COLOURS = {"done": "green", "waiting": "yellow", "sent": "yellow"}
_LIST = (
    Column("ID", lambda entry: entry["id"]),
    Column("AT", lambda entry: values.when(entry["at"])),
    Column("BY", lambda entry: entry["by"]),
    Column("COMMAND", lambda entry: " ".join([entry["name"], *(str(value) for value in entry["args"].values())])),
    Column("STATE", lambda entry: entry["state"], lambda entry: STATE_COLOURS.get(entry["state"], "red")),
    Column("RESULT", lambda entry: _in_short(entry["result"])),
)
_READINGS = (Column("NAME", lambda entry: entry["name"]), Column("VALUE", lambda entry: values.shown(entry["value"])))


def register(app: typer.Typer) -> None:
    """Adds the commands to `fleetctl device`."""
    for function in (identify, reboot, read, commands):
        command(app, function.__name__)(function)


def identify(session: Session, device: DeviceArgument, wait: WaitOption = None, ttl: TtlOption = None) -> None:
    """Have a board show which one it is, for example by blinking."""
    _send(session, device, "identify", wait, ttl)


def reboot(session: Session, device: DeviceArgument, wait: WaitOption = None, ttl: TtlOption = None) -> None:
    """Restart a board. It goes on with the config that it has."""
    _send(session, device, "reboot", wait, ttl)


def read(
    session: Session,
    device: DeviceArgument,
    config: Annotated[bool, typer.Option("--config", help="The config, as the board has it stored.")] = False,
    wait: WaitOption = None,
    ttl: TtlOption = None,
) -> None:
    """Ask a board for its readings as of now, or for the config that it has stored."""
    found = _send(session, device, "read", wait, ttl, {"what": "config"} if config else {})
    if session.output.is_for_people:
        session.output.say("")
        _show_config(session, found) if config else _show_readings(session, found)


def commands(session: Session, device: DeviceArgument) -> None:
    """List what a board was told to do, the newest first, and what came of it."""
    with session.client() as client:
        found = client.commands(device)
        session.output.items(found, _LIST, "id", f"{device} was told to do nothing lately.")


def _send(
    session: Session, device: str, name: str, wait: float | None, ttl: float | None, args: Item | None = None
) -> Item:
    """Sends a command and says what came of it; the command where it is done."""
    body: Item = {"name": name, "args": args or {}} | ({} if ttl is None else {"ttl": ttl})
    with session.client() as client:
        status = client.device(device)["status"]
        wait_s = wait if wait is not None else _WAIT_S if status == "online" else 0
        found = client.send_command(device, body, wait_s)
        if wait_s and found["state"] == "waiting":
            status = client.device(device)["status"]
    if not session.output.is_for_people:
        session.output.item(found, found["id"], lambda: None)
    session.output.say(answered.sentence(found, status))
    return found


def _show_readings(session: Session, found: Item) -> None:
    readings = found["result"] if isinstance(found["result"], dict) else {}
    entries: list[Item] = [{"name": name, "value": value} for name, value in sorted(readings.items())]
    session.output.items(entries, _READINGS, "name", "It has nothing to measure.")


def _show_config(session: Session, found: Item) -> None:
    config = found["result"]
    if not isinstance(config, dict) or not config.get("rev"):
        session.output.say("It has no config stored, and uses the defaults of its firmware.")
        return
    made = "as this server made it" if config.get("known") else "which is not as this server made it"
    session.output.say(f"{found['device']} has revision {config['rev']} stored, {made}\n")
    entries: list[Item] = [{"name": key, "value": value} for key, value in config.get("values", {}).items()]
    session.output.items(entries, _READINGS, "name", "There are no values in it.")


def _in_short(result: Any) -> str:
    if result is None:
        return ""
    text = values.shown(result) if not isinstance(result, dict) else ", ".join(f"{k} {v}" for k, v in result.items())
    return text if len(text) <= 60 else text[:57] + "..."

"""`fleetctl up`: starts the server here, and remembers it as the context `local`."""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetctl.context import Context, Contexts
from fleetctl.errors import Failed, FleetctlError, Usage
from fleetctl.output import Form
from fleetctl.session import Session, command

if TYPE_CHECKING:
    from henge_server.server import Ready
    from henge_server.settings import Settings

_NAME = "local"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # an address to listen on -> one to connect to


@dataclass(frozen=True, slots=True)
class Listening:
    """Settings of the server that its command line has, too, under the same names."""

    data: Annotated[
        Path | None,
        typer.Option(help="Folder of everything the server keeps; else HENGE_DATA, else henge in the XDG data folder."),
    ] = None
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the REST API listens [default: 127.0.0.1:8470].")
    ] = None
    mqtt: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where boards connect without TLS [default: 127.0.0.1:1883]."),
    ] = None
    mqtts: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where boards connect with TLS [default: 0.0.0.0:8883].")
    ] = None
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Use this MQTT broker instead of the server's own: mqtt://HOST or mqtts://HOST."
        ),
    ] = None


def register(app: typer.Typer) -> None:
    command(app, "up")(up)


def up(
    session: Session,
    listening: Listening,
    remember: Annotated[bool, typer.Option(help="Write the server into fleetctl.toml.")] = True,
    until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True)] = False,
) -> None:
    """Start the server; the first run makes what it needs. Ctrl-C or SIGTERM stops it.

    Says `henge is ready at URL` when it listens, or with -o json {"url", "mqtt", "mqtts", "data"} on one line.
    """
    from henge_server.errors import CannotStart
    from henge_server.server import serve

    settings = _settings(listening)
    if until_eof:
        threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        serve(settings, lambda ready: _tell(session, ready, settings.data, remember))
    except CannotStart as error:
        raise Failed(error.detail) from error


def _settings(listening: Listening) -> "Settings":
    """Those of the command line before those of the environment and of henge.toml. Raises Usage."""
    from henge_server.settings import Settings
    from pydantic import ValidationError

    given = asdict(listening)
    given["data"] = listening.data.absolute() if listening.data else None
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except (ValidationError, ValueError) as error:
        raise Usage(_unfit(error)) from error


def _tell(session: Session, ready: "Ready", data: Path, remember: bool) -> None:
    """That it listens, and where."""
    name = session.context_name or _NAME
    if remember:
        _remember(name, ready)
    if session.output.form is Form.JSON:
        print(json.dumps({"url": ready.url, "mqtt": ready.mqtt, "mqtts": ready.mqtts, "data": str(data)}), flush=True)
        return
    print(f"henge is ready at {ready.url}", flush=True)
    print(_for_boards(ready), flush=True)
    if remember:
        _warn_of_another(name)


def _end_with_input() -> None:
    """Stops this process in order when standard input ends: whoever started it is gone, even if it was killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _remember(name: str, ready: "Ready") -> None:
    """Writes the context. A server that cannot (a system service has no home) is none the worse."""
    try:
        context = Context(name, _reachable(ready.url), ready.token, ready.mqtt, mqtts=ready.mqtts)
        Contexts().put(context, current_if_none=True)
    except FleetctlError as error:
        print(f"warning: the context {name} was not written: {error.detail}", file=sys.stderr)


def _warn_of_another(name: str) -> None:
    """Says so where the next fleetctl would speak to another server than the one that was just started."""
    with suppress(FleetctlError):  # said already
        chosen = Contexts().find().name
        if chosen != name:
            print(
                f"note: without --context {name}, fleetctl speaks to the context {chosen} as before",
                file=sys.stderr,
                flush=True,
            )


def _for_boards(ready: "Ready") -> str:
    if ready.mqtt and ready.mqtts:
        return f"boards connect to {ready.mqtts} with TLS, to {ready.mqtt} without"
    return f"boards connect to the broker at {ready.mqtts or ready.mqtt}, {'with' if ready.mqtts else 'without'} TLS"


def _reachable(url: str) -> str:
    for listening, connecting in _EVERYWHERE.items():
        url = url.replace(f"//{listening}:", f"//{connecting}:")
    return url


def _unfit(error: Exception) -> str:
    """What is wrong with the settings, without pydantic's words around it."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    if isinstance(error, SettingsError):
        return "HENGE_LIMITS is not JSON: it takes a table, for example HENGE_LIMITS='{\"connections\": 500}'."
    if not isinstance(error, ValidationError):
        return _sentence(str(error))  # about henge.toml; names the file
    found = []
    for entry in error.errors():
        name = ".".join(str(part) for part in entry["loc"])
        text = entry["msg"].removeprefix("Value error, ")
        found.append(f"{name}: {text}" if name else text)
    return _sentence("The server's settings do not fit (options, HENGE_... or henge.toml): " + "; ".join(found))


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."

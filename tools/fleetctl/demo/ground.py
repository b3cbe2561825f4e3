"""The ground that a demo stands on: its schema, its devices with their credentials, its context; all files of it lie
in one folder (fleetctl.demo.place).
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from fleetctl.client import Client
from fleetctl.context import Context, Contexts
from fleetctl.credential import with_ca, writable
from fleetctl.demo.place import is_lived_in, of_process
from fleetctl.errors import Failed, Refused, Usage
from fleetctl.schemafile import load

CONTEXT = "demo"
BOARDS = ("porch", "garden", "workshop")
ANY = "127.0.0.1:0"  # a free port; nobody but this machine is to reach a demo

_LAMP = Path(__file__).with_name("lamp.yaml")
_NOT_FOUND = 404


@contextmanager
def context(place: Path, server: str, token: str, mqtts: str) -> Iterator[Context]:
    """The context `demo`, for as long as the block lasts."""
    found = Context(CONTEXT, server, token, demo=str(place), mqtts=mqtts)
    contexts = Contexts()
    contexts.put(found)
    try:
        yield found
    finally:
        contexts.remove(found)


def refuse_to_overwrite() -> None:
    """Raises Failed where the context `demo` is somebody's: a person's own, or that of a demo that runs.

    One that was left behind by a demo that was killed is nobody's.
    """
    contexts = Contexts()
    if CONTEXT not in contexts.names():
        return
    found = contexts.find(CONTEXT)
    if not found.demo:
        raise Failed(
            f"{contexts.path} has a context {CONTEXT} already, for {found.server}, and the demo needs that name. "
            f"Give yours another one there: [contexts.{CONTEXT}] is its heading."
        )
    place = Path(found.demo)
    if is_lived_in(place):
        raise Failed(
            f"A demo runs already{of_process(place)}, at {found.server}. End it first, with Ctrl-C in its terminal."
        )


def micropython() -> str:
    """Path of the interpreter: HENGE_MICROPYTHON, else the one on PATH. Raises Usage."""
    wanted = os.environ.get("HENGE_MICROPYTHON") or "micropython"
    found = shutil.which(wanted)
    if found is None:
        raise Usage(
            f"There is no {wanted} here, and the boards of the demo run on it. Install it (`apt install micropython`), "
            "name it in HENGE_MICROPYTHON, or use `./dev demo` in a clone, which brings it."
        )
    return str(Path(found).absolute())


def agent_path(place: Path) -> str:
    """MICROPYPATH for an agent: a folder with links to our two packages and nothing else, and what is frozen in.

    Not the folder they are installed in: MicroPython would find CPython's packages there.
    """
    place.mkdir(exist_ok=True)
    for name in ("henge_protocol", "henge_agent"):
        spec = find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise Failed(f"The package {name} is not installed. Install henge-fleet again.")
        link = place / name
        link.unlink(missing_ok=True)
        link.symlink_to(next(iter(spec.submodule_search_locations)))
    return f".frozen:{place}"


def register(client: Client, place: Path, names: Sequence[str] = BOARDS) -> None:
    """Brings schema and devices to the server, and a credential file NAME.json for each into the folder."""
    schema = load(_LAMP)
    client.apply_schema(schema.name, schema.settings)
    ca = client.ca()
    for name in names:
        is_there = _is_there(client, name)
        if is_there and _knows(credential_file(place, name), ca):
            continue
        with writable(credential_file(place, name), replace=True) as file:
            if is_there:
                answer = client.rotate_credential(name)
            else:
                answer = client.add_device({"id": name, "schema": schema.name})
            file.write(with_ca(answer, ca))


def _knows(file: Path, ca: str) -> bool:
    """Whether a credential file is there from before, with this CA."""
    try:
        return json.loads(file.read_text())["credential"]["ca"] == ca
    except (OSError, ValueError, KeyError):
        return False


def credential_file(place: Path, name: str) -> Path:
    return place / f"{name}.json"


def server_argv(place: Path, http: str, mqtts: str) -> list[str]:
    """The command that starts the server; it says where it listens in one line of JSON, and ends with its input.

    It has to listen without TLS somewhere, too; nobody needs to know where.
    """
    up = [sys.executable, "-m", "fleetctl", "-o", "json", "up", "--no-remember", "--until-eof"]
    return [*up, "--data", str(place), "--http", http, "--mqtt", ANY, "--mqtts", mqtts]


def agent_argv(interpreter: str, place: Path, mqtts: str, name: str) -> list[str]:
    """The command that starts a board: the real agent, with TLS, on simulated pins that it shows."""
    data = place / name
    data.mkdir(exist_ok=True)
    server = ["--server", f"mqtts://{mqtts}", "--credential", str(credential_file(place, name))]
    return [interpreter, "-m", "henge_agent", *server, "--data", str(data), "--show"]


def token_file(place: Path) -> Path:
    return place / "admin-token"


def where(line: str) -> tuple[str, str]:
    """URL, and where boards connect with TLS, in the line that a started server says. Raises ValueError, KeyError."""
    said = json.loads(line)
    return said["url"], said["mqtts"]


def _is_there(client: Client, name: str) -> bool:
    try:
        client.device(name)
    except Refused as error:
        if error.status == _NOT_FOUND:
            return False
        raise
    return True

"""`fleetctl schema`: which settings there are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetctl import values
from fleetctl.completion import device_ids, schema_names
from fleetctl.errors import Failed, Problem, Refused, Usage
from fleetctl.output import Column, Form, Item
from fleetctl.schemafile import SchemaFile, load
from fleetctl.session import Session, command

if TYPE_CHECKING:
    from fleetctl.client import Client

app = typer.Typer(help="Which settings there are, with their types and limits.", no_args_is_help=True)

_CONFLICT = 409

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A YAML file with name and settings; - reads standard input.")
]
NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", autocompletion=schema_names, show_default=False)]

_LIST = (
    Column("NAME", lambda schema: schema["name"]),
    Column("VERSION", lambda schema: str(schema["version"])),
    Column("SETTINGS", lambda schema: str(len(schema["settings"]))),
    Column("SINCE", lambda schema: values.when(schema.get("at"))),
    Column("DIGEST", lambda schema: schema["digest"][:12]),
)
_SETTINGS = (
    Column("KEY", lambda entry: entry["key"]),
    Column("TYPE", lambda entry: entry["type"]),
    Column("DEFAULT", lambda entry: values.shown(entry["default"]) if "default" in entry else "-"),
    Column("LIMITS", values.limits),
    Column("UNIT", values.unit_of),
    Column("TITLE", lambda entry: entry.get("title", "")),
)


@command(app, "apply")
def apply(session: Session, file: FileArgument) -> None:
    """Bring a schema to the server: a new version where its settings changed."""
    schema = _checked(load(file))
    with session.client() as client:
        try:
            answer, is_new = client.apply_schema(schema.name, schema.settings)
        except Refused as error:
            raise _with_commands(error) from error
    name, version = answer["name"], answer["version"]
    text = (
        f"{name} has version {version} now{_along(answer)}." if is_new else f"{name} is at version {version} already."
    )
    session.output.item(answer, name, lambda: session.output.say(text))


@command(app, "check")
def check(session: Session, file: FileArgument) -> None:
    """Check a schema file, without a server."""
    schema = _checked(load(file))
    answer = {"name": schema.name, "settings": schema.settings}
    count = len(schema.settings)
    text = f"{file}: {schema.name} declares {count} setting{'s' if count > 1 else ''}, all well."
    session.output.item(answer, schema.name, lambda: session.output.say(text))


@command(app, "list")
def list_schemas(session: Session) -> None:
    """List the schemas, each in its newest version."""
    with session.client() as client:
        nothing = "There is no schema yet. `fleetctl schema apply FILE` brings one."
        session.output.items(client.schemas(), _LIST, "name", nothing)


@command(app, "show")
def show(
    session: Session,
    name: NameArgument = None,
    version: Annotated[int | None, typer.Option(help="Which version; else the newest.", show_default=False)] = None,
    of: Annotated[
        str | None,
        typer.Option(
            "--of",
            metavar="ID",
            autocompletion=device_ids,
            show_default=False,
            help="What a board's firmware announces.",
        ),
    ] = None,
) -> None:
    """Show a schema, or what a board announces. With -o yaml it comes as a file that `schema apply` takes."""
    if (name is None) == (of is None) or (of and version):
        raise Usage("Name a schema, or a board: `fleetctl schema show NAME` or `fleetctl schema show --of ID`.")
    with session.client() as client:
        schema = _announced(client, of) if of else client.schema(str(name), version)

    def table() -> None:
        head = f"what the firmware of {of} announces" if of else f"{schema['name']}, version {schema['version']}"
        session.output.say(head + "\n")
        # A server keeps them in CBOR, with the shorter keys first, which is no order for people.
        entries: list[Item] = [{"key": key, **declaration} for key, declaration in sorted(schema["settings"].items())]
        session.output.items(entries, _SETTINGS, "key", "It declares no settings.")

    if session.output.form is Form.YAML:
        schema = {"name": schema["name"], "settings": schema["settings"]}
    session.output.item(schema, schema["name"], table)


@command(app, "adopt")
def adopt(
    session: Session,
    device: Annotated[str, typer.Argument(metavar="ID", autocompletion=device_ids)],
    name: Annotated[str | None, typer.Option(help="Of the schema; else the board's.", show_default=False)] = None,
) -> None:
    """Make a schema of what a board's firmware announces, and put the board under it.

    So a board with drivers that nobody has written a schema for can be configured. Its own values stay where they fit.
    """
    with session.client() as client:
        answer = client.adopt_schema(device, name)

    def table() -> None:
        schema = f"{answer['schema']['name']} {answer['schema']['version']}"
        made = "which was made of what it announces" if answer["is_new"] else "which says what it announces already"
        session.output.say(f"{device} is under {schema} now, {made}, at revision {answer['rev']}{_others(answer)}.")
        for problem in answer["dropped"]:
            session.output.say(f"  dropped {problem['key']}: {problem['message']}")
        session.output.say(f"`fleetctl config get {device}` shows its settings.")

    session.output.item(answer, answer["schema"]["name"], table)


def _announced(client: "Client", device: str) -> Item:
    """What a board announces, in the form of a schema that has no version yet."""
    found = client.announcement(device)
    name = client.device(device)["board"] or device
    return {"name": name, **found}


def _along(answer: Item) -> str:
    """How many devices the new version took along; empty where the server does not say."""
    count = answer.get("devices")
    if count is None:
        return ""
    return f"; it took {count} device{'' if count == 1 else 's'} along" if count else "; no device is under it"


def _others(answer: Item) -> str:
    """That an adoption moved other devices, too, where it did."""
    count = answer.get("others", 0)
    return f"; so {'is another device' if count == 1 else f'are {count} other devices'}" if count else ""


def _with_commands(error: Refused) -> Refused:
    """The refusal of a version that devices' own values do not fit, with the commands that unset those values."""
    keys: dict[str, list[str]] = {}
    if error.status == _CONFLICT:
        for problem in error.problems:
            device, _, key = problem.key.partition("/")
            keys.setdefault(device, []).append(key)
    unset = [f"  fleetctl config unset {device} {' '.join(found)}" for device, found in keys.items() if all(found)]
    todo = "\n".join(["These commands unset them:", *unset]) if unset else ""
    return Refused(error.status, error.detail, error.problems, todo)


def _checked(schema: SchemaFile) -> SchemaFile:
    """The same schema. Raises Failed with everything that is wrong with it, as the server would."""
    from henge_protocol.errors import BadSchema
    from henge_protocol.schema import is_key, parse

    if not is_key(schema.name.replace("-", "_")):
        raise Failed(
            f"{schema.path}: {schema.name!r} is not a schema name: lower-case words, joined by dots or hyphens."
        )
    try:
        parse(schema.settings)
    except BadSchema as error:
        problems = [Problem(problem.key, problem.code, problem.text) for problem in error.problems]
        raise Failed(f"{schema.path} does not declare settings as it should:", problems) from error
    return schema

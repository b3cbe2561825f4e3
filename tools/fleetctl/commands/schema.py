"""`fleetctl schema`: which settings there are."""

from pathlib import Path
from typing import Annotated

import typer

from fleetctl import values
from fleetctl.completion import schema_names
from fleetctl.errors import Failed, Problem, Refused
from fleetctl.output import Column, Form, Item
from fleetctl.schemafile import SchemaFile, load
from fleetctl.session import Session, command

app = typer.Typer(help="Which settings there are, with their types and limits.", no_args_is_help=True)

_CONFLICT = 409

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A YAML file with name and settings; - reads standard input.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", autocompletion=schema_names)]

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
    Column("DEFAULT", lambda entry: values.with_unit(entry["default"], entry) if "default" in entry else "-"),
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
    name: NameArgument,
    version: Annotated[int | None, typer.Option(help="Which version; else the newest.", show_default=False)] = None,
) -> None:
    """Show a schema. With -o yaml it comes as a file that `schema apply` takes."""
    with session.client() as client:
        schema = client.schema(name, version)

    def table() -> None:
        session.output.say(f"{schema['name']}, version {schema['version']}\n")
        entries: list[Item] = [{"key": key, **declaration} for key, declaration in schema["settings"].items()]
        session.output.items(entries, _SETTINGS, "key", "It declares no settings.")

    if session.output.form is Form.YAML:
        schema = {"name": schema["name"], "settings": schema["settings"]}
    session.output.item(schema, schema["name"], table)


def _along(answer: Item) -> str:
    """How many devices the new version took along; empty where the server does not say."""
    count = answer.get("devices")
    if count is None:
        return ""
    return f"; it took {count} device{'' if count == 1 else 's'} along" if count else "; no device is under it"


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

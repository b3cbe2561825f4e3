"""Session: what one run of fleetctl works with, and how a function becomes a command that has it.

Every command takes -o and --context, before its noun or at its end; `command` gives it both.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from fleetctl.completion import context_names
from fleetctl.context import Context, Contexts
from fleetctl.output import Form, Output

if TYPE_CHECKING:
    from fleetctl.client import Client

OutputOption = Annotated[
    Form | None, typer.Option("--output", "-o", help="Write it as table, json, yaml or name.", show_default=False)
]
ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context",
        help="The server to speak to, as fleetctl.toml names it.",
        show_default=False,
        autocompletion=context_names,
    ),
]


@dataclass(frozen=True, slots=True)
class Session:
    """What was asked for on the command line, for every command alike."""

    context_name: str | None = None
    output: Output = field(default_factory=Output)

    def context(self) -> Context:
        """The server to speak to. Raises Usage where none is known."""
        return Contexts().find(self.context_name)

    def client(self) -> "Client":
        """A client of that server; to be used as a context manager."""
        from fleetctl.client import Client

        return Client(self.context())


@dataclass(frozen=True, slots=True)
class Given:
    """The options that stood before the noun."""

    context: str | None
    output: Form | None


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Registers a function as a command: its first parameter is the Session, the others are the command's own. One that
    is a dataclass stands for an option for each of its fields.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def run(ctx: typer.Context, output: Form | None, context: str | None, **own: Any) -> None:
            given: Given = ctx.obj
            form = output or given.output or Form.TABLE
            for group in groups:
                own[group.name] = group.annotation(**{one.name: own.pop(one.name) for one in fields(group.annotation)})
            function(Session(context or given.context, Output(form)), **own)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        groups = [entry for entry in own if is_dataclass(entry.annotation)]
        shared = [
            inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            inspect.Parameter("output", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=OutputOption),
            inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ContextOption),
        ]
        keyword = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for entry in own for option in _options(entry)]
        run.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {entry.name: entry.annotation for entry in [*keyword, *shared]}
        run.__doc__, run.__name__ = function.__doc__, function.__name__
        app.command(name, **settings)(run)
        return function

    return register


def _options(entry: inspect.Parameter) -> list[inspect.Parameter]:
    """What a parameter is on the command line: itself, or the fields of a dataclass."""
    if not is_dataclass(entry.annotation):
        return [entry]
    hints = get_type_hints(entry.annotation, include_extras=True)
    return [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
        for one in fields(entry.annotation)
    ]

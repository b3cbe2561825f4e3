"""Completion: what the shell offers for device and client ids, setting keys, schemas and contexts.

Asks the server with a short timeout and never fails: somebody who presses Tab does not want to read an error.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from fleetctl.context import Contexts
from fleetctl.errors import FleetctlError

if TYPE_CHECKING:
    from fleetctl.client import Client

_PATIENCE_S = 0.5  # longer than this, and Tab seems to be broken
_MOST = 200  # more than fit on a screen


def context_names(incomplete: str) -> list[str]:
    return [name for name in _quietly(lambda: Contexts().names()) if name.startswith(incomplete)]


def device_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    return _asked(ctx, incomplete, lambda client: (device["id"] for device in client.devices()))


def client_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    return _asked(ctx, incomplete, lambda client: (found["id"] for found in client.broker_clients()))


def schema_names(ctx: typer.Context, incomplete: str) -> list[str]:
    return _asked(ctx, incomplete, lambda client: (schema["name"] for schema in client.schemas()))


def setting_keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """The keys of the device that was named before."""
    return _asked(ctx, incomplete, lambda client: iter(_settings(ctx, client)))


def assignments(ctx: typer.Context, incomplete: str) -> list[str]:
    """`KEY=`, and behind it the values of a setting that has few."""
    return _asked(ctx, incomplete, lambda client: _assignments(_settings(ctx, client), incomplete))


def _assignments(settings: dict, incomplete: str) -> Iterator[str]:
    key, equals, _ = incomplete.partition("=")
    if not equals:
        yield from (f"{key}=" for key in settings)
        return
    declaration = settings.get(key, {})
    values = ("true", "false") if declaration.get("type") == "bool" else declaration.get("choices", ())
    yield from (f"{key}={value}" for value in values)


def _settings(ctx: typer.Context, client: "Client") -> dict:
    return client.config(ctx.params["device"])["settings"]


def _asked(ctx: typer.Context, incomplete: str, ask: "Callable[[Client], Iterator[str]]") -> list[str]:
    def answer() -> list[str]:
        from fleetctl.client import Client

        name = ctx.params.get("context") or ctx.find_root().params.get("context")
        with Client(Contexts().find(name), patience_s=_PATIENCE_S) as client:
            fitting = (word for word in ask(client) if word.startswith(incomplete))
            return [word for word, _ in zip(fitting, range(_MOST), strict=False)]

    return _quietly(answer)


def _quietly(answer: Callable[[], list[str]]) -> list[str]:
    with suppress(FleetctlError, KeyError):
        return answer()
    return []

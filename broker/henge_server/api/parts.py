"""What the routes work with: the parts of the server, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from henge_server.adoption import Adoption
from henge_server.clients import Clients
from henge_server.commands import Commands
from henge_server.configs import Configs
from henge_server.devices import Devices
from henge_server.errors import NotAuthenticated
from henge_server.keys import fingerprint
from henge_server.metrics import Metrics
from henge_server.mqtt import Mqtt
from henge_server.presence import Presence
from henge_server.schemas import Schemas
from henge_server.store import Store
from henge_server.timeline import Timeline
from henge_server.watch import Watch


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a route may use."""

    store: Store
    devices: Devices
    configs: Configs
    schemas: Schemas
    adoption: Adoption
    commands: Commands
    presence: Presence
    watch: Watch
    timeline: Timeline
    metrics: Metrics
    mqtt: Mqtt
    clients: Clients
    ca: Callable[[], bytes]
    """The CA by which boards know the broker, PEM; empty where it is not known."""


async def _parts(request: Request) -> Parts:
    return request.app.state.parts


WithParts = Annotated[Parts, Depends(_parts)]

_bearer = HTTPBearer(
    auto_error=False, description="A token, as `fleetctl up` leaves it in the file admin-token of the data folder"
)


async def _caller(parts: WithParts, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    if given is None:
        raise NotAuthenticated(
            "A bearer token is needed: Authorization: Bearer TOKEN. The first one is in the file admin-token of the "
            "server's data folder."
        )
    token = await parts.store.token(fingerprint(given.credentials))
    if token is None:
        raise NotAuthenticated(
            "This token is not known here. The server's own is in the file admin-token of its data folder."
        )
    return token.name


Caller = Annotated[str, Depends(_caller)]
"""The name of the token that a request came with; what is written is written in this name."""

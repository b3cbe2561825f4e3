"""Routes about the embedded broker: who is connected to it, or has a session there."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from henge_mqtt import Entry
from pydantic import BaseModel, Field

from henge_server import moments
from henge_server.api.pages import Cursor, Limit, Page
from henge_server.api.parts import Caller, WithParts
from henge_server.api.problems import answers
from henge_server.clients import ClientState, state_of
from henge_server.moments import rfc3339
from henge_server.slices import Slices

router = APIRouter(prefix="/broker", tags=["broker"])

ClientId = Annotated[str, Path(max_length=256)]


class Subscription(BaseModel):
    filter: str
    qos: int


class ClientOut(BaseModel):
    """A client of the broker. What belongs to its connection is null while it is away."""

    id: str
    state: ClientState = Field(description="connected; or away, with a session that is kept")
    user: str | None
    address: str | None = Field(description="host:port")
    protocol: str | None
    tls: str | None = Field(description="TLSv1.2 or TLSv1.3; null without TLS, too")
    connected_at: str | None
    heard_at: str | None = Field(description="When anything came from it last, to the second")
    keep_alive_s: int | None = Field(description="0: none")
    clean_session: bool
    subscriptions: list[Subscription]
    in_flight: int = Field(description="Messages sent to it and not acknowledged")
    queued: int = Field(description="Messages that wait to be sent to it")
    queued_bytes: int = Field(description="What keeping those takes")


@router.get("/clients", responses=answers(501), response_model=Page[ClientOut])
async def list_clients(
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
    state: Annotated[ClientState | None, Query()] = None,
) -> Response:
    """List the broker's clients by id."""
    found, more = await parts.clients.page(cursor or "", limit, state)
    now, slices = moments.now(), Slices()
    items: list[str] = []
    for entry in found:
        await slices.breathe()
        items.append(_client_out(entry, now).model_dump_json())
    last = Page[ClientOut](items=[], next_cursor=found[-1].client_id if more else None).model_dump_json()
    return Response(last.replace("[]", f"[{','.join(items)}]", 1), media_type="application/json")


@router.get("/clients/{client_id}", responses=answers(404, 501))
async def get_client(client_id: ClientId, parts: WithParts, by: Caller) -> ClientOut:
    """One client of the broker."""
    return _client_out(parts.clients.get(client_id), moments.now())


@router.post("/clients/{client_id}/disconnect", status_code=204, responses=answers(404, 409, 501, 507))
async def disconnect_client(client_id: ClientId, parts: WithParts, by: Caller) -> Response:
    """End a client's connection. It may come back at once; a persistent session stays."""
    await parts.clients.disconnect(client_id, by)
    return Response(status_code=204)


def _client_out(entry: Entry, now: int) -> ClientOut:
    link: dict[str, Any] = dict.fromkeys(
        ("user", "address", "protocol", "tls", "connected_at", "heard_at", "keep_alive_s")
    )
    if entry.link:
        link = {
            "user": entry.link.username,
            "address": entry.link.address,
            "protocol": entry.link.protocol,
            "tls": entry.link.tls or None,
            "connected_at": _before(now, entry.link.connected_for),
            "heard_at": _before(now, entry.link.silent_for),
            "keep_alive_s": entry.link.keep_alive,
        }
    return ClientOut(
        id=entry.client_id,
        state=state_of(entry),
        clean_session=entry.clean_session,
        subscriptions=[Subscription(filter=name, qos=qos) for name, qos in entry.subscriptions.items()],
        in_flight=entry.in_flight,
        queued=entry.waiting,
        queued_bytes=entry.waiting_bytes,
        **link,
    )


def _before(now: int, seconds: float) -> str:
    return rfc3339(now - int(seconds * 1000))

"""The events route: what happens, as server-sent events. Durable changes carry an id, from which a client goes on after
a break.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from henge_server.api.parts import Caller, WithParts
from henge_server.api.problems import answers
from henge_server.errors import BadRequest
from henge_server.models import Change
from henge_server.moments import rfc3339
from henge_server.watch import Passing, Watch

router = APIRouter(tags=["events"])

# Seconds of silence after which a comment is sent: proxies close idle streams after 30 to 60.
_HEARTBEAT_S = 15


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        **answers(400, 410),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events, until you go"},
    },
)
async def events(
    parts: WithParts,
    by: Caller,
    device: Annotated[str | None, Query(description="Events of this device only", max_length=100)] = None,
    last_event_id: Annotated[str | None, Header(description="Go on after this event")] = None,
) -> StreamingResponse:
    """Follow what happens. Without Last-Event-ID: from now on."""
    after = parts.store.last_seq if last_event_id is None else _after(last_event_id)
    await parts.store.changes(after, 1)  # a history that is gone is said with a status, not within the stream
    return StreamingResponse(_stream(parts.watch, after, device), media_type="text/event-stream")


def _after(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19):
        raise BadRequest(f"Last-Event-ID {last_event_id!r} is not an id of an event here, which is a whole number.")
    return int(last_event_id)


async def _stream(watch: Watch, after: int, device: str | None) -> AsyncIterator[str]:
    # The headers go out now, and a client that is cut off before the first event knows where to go on.
    yield f"id: {after}\n\n"
    batches = watch.events(after)
    pending = asyncio.ensure_future(anext(batches, None))
    try:
        while True:
            done, _ = await asyncio.wait([pending], timeout=_HEARTBEAT_S)
            if not done:
                yield ": still here\n\n"
                continue
            batch = pending.result()
            if batch is None:
                return
            text = "".join(_event(entry) for entry in batch if device in (None, entry.device))
            if text:
                yield text
            pending = asyncio.ensure_future(anext(batches, None))
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await batches.aclose()


def _event(entry: Change | Passing) -> str:
    seq = entry.seq if isinstance(entry, Change) else None
    body: dict[str, Any] = {
        "seq": seq,
        "at": rfc3339(entry.at),
        "kind": str(entry.kind),
        "device": entry.device,
        "data": entry.data,
    }
    head = f"id: {seq}\n" if seq is not None else ""
    return f"{head}event: {entry.kind}\ndata: {json.dumps(body)}\n\n"

"""Routes about commands: what a device is to do once, and what came of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from henge_protocol.errors import BadMessage
from henge_protocol.messages import Desired, Document
from pydantic import BaseModel, Field

from henge_server.api.pages import Cursor, Limit, Page, number_before
from henge_server.api.parts import Caller, Parts, WithParts
from henge_server.api.problems import answers
from henge_server.api.shapes import In
from henge_server.commands import CONFIG
from henge_server.documents import all_shown
from henge_server.models import Command, CommandState
from henge_server.moments import rfc3339

router = APIRouter(prefix="/devices/{device_id}", tags=["commands"])

_MAX_WAIT_S = 60  # longest that an answer is held: proxies give up at about that
_TTL_S = 60  # a person who sends a command looks at the board now
_MAX_TTL_S = 4 * 60 * 60  # a reboot that comes out of the blue the next day helps nobody

CommandId = Annotated[str, Path(max_length=64)]
Wait = Annotated[
    float | None, Query(ge=0, le=_MAX_WAIT_S, description="Seconds to hold the answer until the device has answered")
]


class CommandIn(In):
    """Something that a device is to do once."""

    name: str = Field(max_length=32, examples=["identify"], description="identify, reboot, describe or read")
    args: dict[str, Any] = Field(
        default={}, examples=[{}], description='read takes {"what": "config"}; the others take none'
    )
    ttl: float = Field(
        default=_TTL_S, ge=1, le=_MAX_TTL_S, description="Seconds for which it waits to be sent and answered"
    )


class CommandOut(BaseModel):
    """A command, and what came of it."""

    id: str
    device: str
    name: str
    args: dict[str, Any]
    state: CommandState = Field(
        description="waiting for the device to connect; sent; done; failed: the device could not; expired: no answer"
    )
    result: Any = Field(description="What the device found, or why it could not. Bytes are hexadecimal")
    at: str
    by: str
    expires_at: str
    sent_at: str | None
    finished_at: str | None


_OPEN = {202: {"model": CommandOut, "description": "Kept; the device has not answered yet"}}


@router.post("/commands", responses={**answers(400, 404, 409, 413, 507), **_OPEN})
async def send_command(
    device_id: str, body: CommandIn, parts: WithParts, by: Caller, response: Response, wait: Wait = None
) -> CommandOut:
    """Have a device do something once. It is sent when the device is connected, and for as long as `ttl` says."""
    with parts.watch.waiter(device_id) as waiter:
        command = await parts.commands.make(device_id, body.name, body.args, body.ttl, by)
        if wait:
            command = await waiter.answered(lambda: parts.commands.get(device_id, command.id), wait)
    if command.is_unanswered:
        response.status_code = 202
    return await _command_out(parts, command)


@router.get("/commands", responses=answers(400, 404))
async def list_commands(
    device_id: str,
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
) -> Page[CommandOut]:
    """A device's commands, the newest first. Only the last few are kept."""
    before = number_before(cursor)
    found = [c for c in await parts.commands.all(device_id) if before is None or c.number < before]
    items = [await _command_out(parts, command) for command in found[:limit]]
    return Page(items=items, next_cursor=str(found[limit - 1].number) if len(found) > limit else None)


@router.get("/commands/{command_id}", responses=answers(404))
async def get_command(device_id: str, command_id: CommandId, parts: WithParts, by: Caller) -> CommandOut:
    """One command of a device."""
    return await _command_out(parts, await parts.commands.get(device_id, command_id))


async def _command_out(parts: Parts, command: Command) -> CommandOut:
    result = command.result
    if command.state is CommandState.DONE and command.args.get("what") == CONFIG:
        result = await _config_of(parts, command)
    return CommandOut(
        id=command.id,
        device=command.device,
        name=command.name,
        args=command.args,
        state=command.state,
        result=_json(result),
        at=rfc3339(command.at),
        by=command.by,
        expires_at=rfc3339(command.expires_at),
        sent_at=rfc3339(command.sent_at) if command.sent_at is not None else None,
        finished_at=rfc3339(command.finished_at) if command.finished_at is not None else None,
    )


async def _config_of(parts: Parts, command: Command) -> Any:
    """A config as its device has it stored, for people: `known` says whether this server made exactly that."""
    try:
        stored = Desired.from_fields(command.result)
        document = Document.decode(stored.doc) if stored.doc else Document(schema="", version=0, values={})
    except BadMessage:
        return command.result
    made = await parts.store.revision(command.device, stored.rev)
    return {
        "epoch": stored.epoch,
        "rev": stored.rev,
        "schema": {"name": document.schema, "version": document.version} if document.schema else None,
        "values": all_shown(document.values),
        "known": made is not None
        and (made.order, made.doc, made.mac)
        == (
            (stored.epoch, stored.rev),
            stored.doc,
            stored.mac,
        ),
    }


def _json(value: Any) -> Any:
    """What CBOR can say, as JSON can."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list) else value

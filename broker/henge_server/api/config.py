"""Routes about a device's config: what it should be, what it says it is, and every revision in between."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Response
from pydantic import TypeAdapter, WithJsonSchema

from henge_server.api.pages import Cursor, Limit, Page, number_before
from henge_server.api.parts import Caller, Parts, WithParts
from henge_server.api.problems import answers
from henge_server.api.shapes import (
    ConfigOut,
    Difference,
    DiffOut,
    Given,
    OutcomeOut,
    RevisionOut,
    RevisionValuesOut,
    RollbackIn,
    WrittenOut,
    config_out,
    revision_out,
    revision_values_out,
    written_out,
)
from henge_server.configs import Written
from henge_server.documents import differing, shown, values_of
from henge_server.errors import PreconditionFailed

router = APIRouter(prefix="/devices/{device_id}", tags=["config"])

SUPERSEDED = "superseded"  # a newer revision took its place before the board decided
PENDING = "pending"
_MAX_WAIT_S = 60  # longest that an answer is held: proxies give up at about that

Rev = Annotated[int, Path(ge=0, lt=1 << 63)]
Wait = Annotated[
    float | None, Query(ge=0, le=_MAX_WAIT_S, description="Seconds to hold the answer until the board has decided")
]
IfMatch = Annotated[str | None, Header(description='The ETag of the config that you read, like "7"')]
# Any in code, so that a value of a wrong type is refused in the words of its setting, not in those of a JSON validator.
_Value = Annotated[Any, WithJsonSchema(TypeAdapter(Given | None).json_schema())]
ValuesIn = Annotated[
    dict[str, _Value],
    Body(description="Setting keys to values", openapi_examples={"colour": {"value": {"led.color": "#00ff66"}}}),
]
_WRITES = {202: {"model": WrittenOut, "description": "Stored; the board has not decided yet"}}


@router.get("/config", responses=answers(404))
async def get_config(device_id: str, parts: WithParts, by: Caller, response: Response) -> ConfigOut:
    """What a device should be, and what it says it is."""
    config = await parts.configs.get(device_id)
    response.headers["ETag"] = _etag(config.desired.rev)
    return config_out(config)


@router.patch("/config", responses={**answers(400, 404, 409, 412, 413, 507), **_WRITES})
async def patch_config(
    device_id: str,
    body: ValuesIn,
    parts: WithParts,
    by: Caller,
    response: Response,
    wait: Wait = None,
    if_match: IfMatch = None,
) -> WrittenOut:
    """Merge into the device's own layer (RFC 7396); null resets a key to what it inherits."""
    with _Answer(parts, device_id, wait, response) as answer:
        return await answer.to(await parts.configs.patch(device_id, body, by, _expected(if_match)))


@router.put("/config", responses={**answers(400, 404, 409, 412, 413, 507), **_WRITES})
async def replace_config(
    device_id: str,
    body: ValuesIn,
    parts: WithParts,
    by: Caller,
    response: Response,
    wait: Wait = None,
    if_match: IfMatch = None,
) -> WrittenOut:
    """Replace the device's own layer."""
    with _Answer(parts, device_id, wait, response) as answer:
        return await answer.to(await parts.configs.replace(device_id, body, by, _expected(if_match)))


@router.post("/rollback", responses={**answers(400, 404, 409, 412, 413, 507), **_WRITES})
async def rollback(
    device_id: str,
    body: RollbackIn,
    parts: WithParts,
    by: Caller,
    response: Response,
    wait: Wait = None,
    if_match: IfMatch = None,
) -> WrittenOut:
    """Make a new revision with the values of an old one."""
    with _Answer(parts, device_id, wait, response) as answer:
        return await answer.to(await parts.configs.rollback(device_id, body.rev, by, _expected(if_match)))


@router.get("/revisions", responses=answers(400, 404))
async def list_revisions(
    device_id: str,
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
) -> Page[RevisionOut]:
    """A device's revisions, the newest first."""
    await parts.devices.get(device_id)
    found = await parts.store.revisions(device_id, number_before(cursor), limit + 1)
    items = [revision_out(entry, await parts.store.outcome(device_id, entry.rev)) for entry in found[:limit]]
    return Page(items=items, next_cursor=str(items[-1].rev) if len(found) > limit else None)


@router.get("/revisions/{rev}", responses=answers(404))
async def get_revision(device_id: str, rev: Rev, parts: WithParts, by: Caller) -> RevisionValuesOut:
    """One revision with its values."""
    revision = await parts.configs.revision(device_id, rev)
    schema = await parts.store.schema(revision.schema_name, revision.schema_version) if revision.schema_name else None
    return revision_values_out(revision, await parts.store.outcome(device_id, rev), schema)


@router.get("/revisions/{rev}/diff", responses=answers(404))
async def diff_revisions(
    device_id: str,
    rev: Rev,
    parts: WithParts,
    by: Caller,
    against: Annotated[int, Query(ge=0, lt=1 << 63, description="The revision to compare with")],
) -> DiffOut:
    """What changed from revision `against` to revision `rev`. A secret that changed shows as *** on both sides."""
    before = values_of(await parts.configs.revision(device_id, against))
    after = values_of(await parts.configs.revision(device_id, rev))
    changes = [
        Difference(
            key=key,
            before=shown(before[key]) if key in before else None,
            after=shown(after[key]) if key in after else None,
        )
        for key in differing(before, after)
    ]
    return DiffOut(device=device_id, rev=rev, against=against, changes=changes)


class _Answer:
    """The answer to a write: at once, or when the board has decided. Entered before the write, so that nothing is
    missed.
    """

    def __init__(self, parts: Parts, device_id: str, wait: float | None, response: Response) -> None:
        self._parts = parts
        self._device_id = device_id
        self._wait = wait
        self._response = response
        self._waiter = parts.watch.waiter(device_id)
        self._started = time.perf_counter()

    def __enter__(self) -> "_Answer":
        self._waiter.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiter.__exit__()

    async def to(self, written: Written) -> WrittenOut:
        if self._wait:
            outcome, superseded = await self._waiter.decided(written.revision, self._wait)
        else:
            outcome, superseded = await self._waiter.look(written.revision)
        state = SUPERSEDED if superseded else outcome.state if outcome else PENDING
        config = await self._parts.configs.get(self._device_id)
        if self._wait and not superseded and not (outcome and outcome.is_decided):
            self._response.status_code = 202
        self._response.headers["ETag"] = _etag(config.desired.rev)
        self._response.headers["Server-Timing"] = self._parts.timeline.server_timing(
            self._device_id, written.revision.rev
        )
        waited_ms = round((time.perf_counter() - self._started) * 1000, 1)
        return written_out(
            config,
            OutcomeOut(
                rev=written.revision.rev,
                state=state,
                errors=outcome.errors if outcome else {},
                waited_ms=waited_ms,
                changed=written.changed,
            ),
        )


def _etag(rev: int) -> str:
    return f'"{rev}"'


def _expected(if_match: str | None) -> int | None:
    """The revision that If-Match names; None where any will do. Raises PreconditionFailed for what can never fit."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip()
    digits = text.removeprefix('"').removesuffix('"')
    if _etag_fits(text, digits):
        return int(digits)
    raise PreconditionFailed(f'If-Match {text} is not the ETag of a config, which looks like "7".')


def _etag_fits(text: str, digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) < 19 and text == f'"{digits}"'

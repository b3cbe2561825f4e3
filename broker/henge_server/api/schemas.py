"""Routes about schemas: which settings there are, with their types and limits, in immutable versions."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from henge_server.api.pages import Cursor, Limit, Page, number_before
from henge_server.api.parts import Caller, WithParts
from henge_server.api.problems import answers
from henge_server.api.shapes import AppliedOut, SchemaIn, SchemaOut, applied_out, schema_out
from henge_server.errors import BadRequest

router = APIRouter(prefix="/schemas", tags=["schemas"])


@router.get("")
async def list_schemas(
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
) -> Page[SchemaOut]:
    """The newest version of each schema, by name."""
    found = await parts.store.schemas(cursor or "", limit + 1)
    items = [schema_out(schema) for schema in found[:limit]]
    return Page(items=items, next_cursor=items[-1].name if len(found) > limit else None)


@router.get("/{name}", responses=answers(404))
async def get_schema(
    name: str,
    parts: WithParts,
    by: Caller,
    version: Annotated[int | None, Query(ge=1, lt=1 << 31, description="The newest where none is named")] = None,
) -> SchemaOut:
    """One version of a schema."""
    return schema_out(await parts.schemas.get(name, version))


@router.put(
    "/{name}",
    responses={
        **answers(400, 409, 413, 507),
        201: {"model": AppliedOut, "description": "A new version; the devices under the schema have new revisions"},
    },
)
async def put_schema(name: str, body: SchemaIn, parts: WithParts, by: Caller, response: Response) -> AppliedOut:
    """Make the next version of a schema. Equal settings make none (200). What would break a device is refused (409)."""
    if body.name is not None and body.name != name:
        raise BadRequest(f"The schema calls itself {body.name!r}, the path calls it {name!r}.")
    applied = await parts.schemas.apply(name, body.settings, by)
    response.status_code = 201 if applied.is_new else 200
    return applied_out(applied)


@router.delete("/{name}", status_code=204, responses=answers(404, 409, 507))
async def remove_schema(name: str, parts: WithParts, by: Caller) -> Response:
    """Remove a schema that no device is under."""
    await parts.schemas.remove(name, by)
    return Response(status_code=204)


@router.get("/{name}/versions", responses=answers(400, 404))
async def list_versions(
    name: str,
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
) -> Page[SchemaOut]:
    """The versions of a schema, the newest first."""
    await parts.schemas.get(name)
    found = await parts.store.schema_versions(name, number_before(cursor), limit + 1)
    items = [schema_out(schema) for schema in found[:limit]]
    return Page(items=items, next_cursor=str(items[-1].version) if len(found) > limit else None)

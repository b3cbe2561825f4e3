"""Routes about what a device's firmware announces, and its adoption as a schema."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from henge_server.api.parts import Caller, WithParts
from henge_server.api.problems import FieldProblem, answers
from henge_server.api.shapes import In, SchemaRef
from henge_server.moments import rfc3339

router = APIRouter(prefix="/devices/{device_id}", tags=["announcements"])


class AnnouncementOut(BaseModel):
    """What a device's firmware can be told."""

    device: str
    caps: str = Field(description="Its digest, hexadecimal")
    settings: dict[str, dict[str, Any]]
    at: str = Field(description="When it was first heard, from this device or from another with that firmware")


class AdoptIn(In):
    name: str | None = Field(
        default=None, max_length=100, examples=["esp32"], description="Of the schema; else the name of its board"
    )


class AdoptedOut(BaseModel):
    """The schema that the device is under now."""

    device: str
    schema_ref: SchemaRef = Field(serialization_alias="schema")
    is_new: bool = Field(description="Whether the adoption made this version of the schema")
    others: int = Field(description="How many other devices that version took along")
    rev: int = Field(description="The device's newest revision")
    dropped: list[FieldProblem] = Field(description="Own values of the device that the schema does not take: gone")


@router.get("/announcement", responses=answers(404))
async def get_announcement(device_id: str, parts: WithParts, by: Caller) -> AnnouncementOut:
    """What a device's firmware can be told, as it has announced it."""
    found = await parts.adoption.announced(device_id)
    return AnnouncementOut(device=device_id, caps=found.caps.hex(), settings=found.settings, at=rfc3339(found.at))


@router.post("/adopt", responses=answers(400, 404, 409, 413, 507))
async def adopt(device_id: str, parts: WithParts, by: Caller, body: AdoptIn | None = None) -> AdoptedOut:
    """Make a schema of what a device's firmware announced, and put the device under it.

    The same content makes no new version. A schema of that name gets a new version where it only gains by it.
    """
    adopted = await parts.adoption.adopt(device_id, body.name if body else None, by)
    return AdoptedOut(
        device=device_id,
        schema_ref=SchemaRef(name=adopted.schema.name, version=adopted.schema.version),
        is_new=adopted.is_new,
        others=adopted.others,
        rev=adopted.rev,
        dropped=[FieldProblem(key=p.key, code=p.code, message=p.text) for p in adopted.dropped],
    )

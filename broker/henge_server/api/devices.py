"""Routes about devices: who belongs to the fleet."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response

from henge_server.api.pages import Cursor, Limit, Page
from henge_server.api.parts import Caller, Parts, WithParts
from henge_server.api.problems import answers
from henge_server.api.shapes import (
    DeviceIn,
    DeviceOut,
    DevicePatch,
    HandoverOut,
    RotationIn,
    device_out,
    handover_out,
)
from henge_server.configs import Config
from henge_server.errors import BadRequest
from henge_server.models import Device
from henge_server.presence import Status
from henge_server.slices import Slices
from henge_server.sync import SyncState

router = APIRouter(tags=["devices"])

_READ = 500  # devices read at a time while a list is filtered


@router.post("/devices", status_code=201, responses=answers(400, 404, 409, 413, 507))
async def register(body: DeviceIn, parts: WithParts, by: Caller) -> HandoverOut:
    """Register a device. The answer has its credential, this once."""
    handover = await parts.devices.register(body.id, body.schema_name, body.name, body.labels, by)
    return handover_out(handover, await parts.configs.of(handover.device), parts.presence)


@router.get("/devices", responses=answers(400))
async def list_devices(
    parts: WithParts,
    by: Caller,
    limit: Annotated[Limit, Query()] = 100,
    cursor: Annotated[Cursor, Query()] = None,
    label: Annotated[list[str] | None, Query(description="key:value; several must all fit")] = None,
    schema: Annotated[str | None, Query(description="Name of a schema")] = None,
    status: Annotated[Status | None, Query()] = None,
    sync: Annotated[SyncState | None, Query()] = None,
) -> Page[DeviceOut]:
    """List devices by id. Filters are combined."""
    wanted = [_label(text) for text in label or ()]
    found: list[Config] = []
    async for config in _configs(parts, cursor or ""):
        if not all(config.device.labels.get(key) == value for key, value in wanted):
            continue
        if schema is not None and config.desired.schema_name != schema:
            continue
        if status is not None and parts.presence.status(config.device.id) is not status:
            continue
        if sync is not None and config.sync is not sync:
            continue
        found.append(config)
        if len(found) > limit:
            break
    items = [device_out(config, parts.presence) for config in found[:limit]]
    return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/devices/{device_id}", responses=answers(404))
async def get_device(device_id: str, parts: WithParts, by: Caller) -> DeviceOut:
    """One device."""
    return device_out(await parts.configs.get(device_id), parts.presence)


@router.patch("/devices/{device_id}", responses=answers(400, 404, 409, 413, 507))
async def change_device(device_id: str, body: DevicePatch, parts: WithParts, by: Caller) -> DeviceOut:
    """Change a device's name, labels or schema."""
    if body.schema_name is not None:
        # What can be refused of the rest is refused before anything is written.
        parts.devices.merged_labels(await parts.devices.get(device_id), body.labels)
        await parts.configs.move(device_id, body.schema_name, by)
    await parts.devices.change(device_id, body.name, body.labels, by)
    return device_out(await parts.configs.get(device_id), parts.presence)


@router.delete("/devices/{device_id}", status_code=204, responses=answers(404, 409, 507))
async def remove_device(device_id: str, parts: WithParts, by: Caller) -> Response:
    """Remove a device and its history, and end its connection."""
    await parts.devices.remove(device_id, by)
    return Response(status_code=204)


@router.post("/devices/{device_id}/credential", status_code=201, responses=answers(400, 404, 409, 413, 507))
async def rotate_credential(
    device_id: str, parts: WithParts, by: Caller, body: RotationIn | None = None
) -> HandoverOut:
    """Make a new credential. The one in use ends when the new one is first used.

    With `replace` it is for another board, which takes the place of this one: identity, config and history go on.
    """
    handover = await parts.devices.rotate(device_id, by, replace=body is not None and body.replace)
    return handover_out(handover, await parts.configs.of(handover.device), parts.presence)


def _label(text: str) -> tuple[str, str]:
    key, colon, value = text.partition(":")
    if not colon:
        raise BadRequest(f"label={text} is not key:value, for example label=room:kitchen.")
    return key, value


async def _configs(parts: Parts, after: str) -> AsyncIterator[Config]:
    """Every device above an id with its config, a page read at a time."""
    slices = Slices()
    while page := await parts.store.devices(after, _READ):
        for device in page:
            await slices.breathe()
            config = await _config(parts, device)
            if config:
                yield config
        after = page[-1].id


async def _config(parts: Parts, device: Device) -> Config | None:
    """None where the device was removed while the list was read."""
    if await parts.store.revision(device.id) is None:
        return None
    return await parts.configs.of(device)

"""Schemas: immutable versions. A new version takes every device of that schema along, or is refused with those that it
would break.
"""

import asyncio
import hashlib
from dataclasses import dataclass

from henge_protocol import cbor
from henge_protocol import schema as limits
from henge_protocol.errors import BadSchema, Problem

from henge_server.announcements import Announcements
from henge_server.documents import Author, Documents, encode_document, parsed
from henge_server.errors import BadRequest, Conflict, InUse, Invalid, NotFound
from henge_server.firmware import Firmware
from henge_server.models import AuditEntry, Change, ChangeKind, Device, Revision, Schema
from henge_server.moments import Clock
from henge_server.slices import Slices
from henge_server.store import Store, Write

_TRIES = 8  # against writers that are faster; each failure means that another write succeeded
_PAGE = 500  # devices read at a time
_NAMED = 20  # problems named in a refusal; more help nobody


@dataclass(frozen=True, slots=True)
class Applied:
    """The version that holds after an apply; `is_new` is False where the apply made none."""

    schema: Schema
    is_new: bool
    devices: int  # that were taken along, each in a new revision


class Schemas:
    """`membership` is held while it is decided and written which devices are under which schema."""

    def __init__(
        self,
        store: Store,
        documents: Documents,
        announcements: Announcements,
        clock: Clock,
        slices: Slices,
        membership: asyncio.Lock,
    ) -> None:
        self._store = store
        self._announcements = announcements
        self._membership = membership
        self._documents = documents
        self._clock = clock
        self._slices = slices

    async def get(self, name: str, version: int | None = None) -> Schema:
        """A version of a schema, the newest where none is named. Raises NotFound."""
        schema = await self._store.schema(name, version)
        if schema is None:
            which = f"schema {name!r}" if version is None else f"version {version} of schema {name!r}"
            raise NotFound(f"There is no {which}. `fleetctl schema list` shows those there are.")
        return schema

    async def apply(self, name: str, settings: dict, by: str) -> Applied:
        """Makes the next version, and a new revision of each device that is under the schema; all in one write.

        Equal settings make none. Raises BadRequest, Invalid, InUse.
        """
        if not limits.is_key(name.replace("-", "_")):
            raise BadRequest(f"{name!r} is not a schema name: lower-case words, joined by dots or hyphens.")
        declared = _normal(settings)
        digest = hashlib.sha256(cbor.encode(declared)).digest()
        for _ in range(_TRIES):
            newest = await self._store.schema(name)
            if newest and newest.digest == digest:
                return Applied(newest, is_new=False, devices=0)
            now = self._clock()
            version = newest.version + 1 if newest else 1
            schema = Schema(name=name, version=version, settings=declared, digest=digest, at=now, by=by)
            _check_size(schema)
            async with self._membership:
                write = await self._applied(schema, by)
                try:
                    await self._store.write(write)
                except Conflict:
                    continue
            return Applied(schema, is_new=True, devices=sum(isinstance(record, Revision) for record in write.puts))
        raise Conflict(f"Schema {name!r} or its devices are being changed by others all the time; try again.")

    async def remove(self, name: str, by: str) -> None:
        """Removes a schema with its versions. Raises NotFound, InUse."""
        async with self._membership:
            await self._remove(name, by)

    async def _remove(self, name: str, by: str) -> None:
        newest = await self.get(name)
        users = [device.id for device, _ in await self._users(name)]
        if users:
            shown = ", ".join(users[:_NAMED])
            raise InUse(f"{len(users)} devices are under schema {name!r}: {shown}. Give them another one first.")
        now = self._clock()
        await self._store.write(
            Write(
                removed_schema=name,
                newest_schema=(name, newest.version),
                changes=[Change(at=now, kind=ChangeKind.SCHEMA_CHANGED, data={"name": name, "version": 0})],
                audit=[AuditEntry(at=now, by=by, action="schema.remove", target=name)],
            )
        )

    async def _applied(self, schema: Schema, by: str) -> Write:
        """The write that brings a version in and takes its devices along. Raises InUse with what it would break."""
        write = Write(
            puts=[schema],
            newest_schema=(schema.name, schema.version - 1),
            changes=[
                Change(
                    at=schema.at,
                    kind=ChangeKind.SCHEMA_CHANGED,
                    data={"name": schema.name, "version": schema.version},
                )
            ],
            audit=[
                AuditEntry(
                    at=schema.at, by=by, action="schema.apply", target=schema.name, detail={"version": schema.version}
                )
            ],
        )
        broken: list[Problem] = []
        author = Author(by, f"schema {schema.name} {schema.version}", schema.at)
        for device, newest in await self._users(schema.name):
            await self._slices.breathe()
            firmware = await self._announcements.of(device.id)
            broken += self._moved(write, schema, device, newest, author, firmware)
        if broken:
            raise InUse(
                "These devices have values of their own that the new version would make invalid. Nothing was changed. "
                "Unset those values, or keep the settings as they are.",
                broken[:_NAMED],
            )
        return write

    def _moved(
        self, write: Write, schema: Schema, device: Device, newest: Revision, author: Author, firmware: Firmware
    ) -> list[Problem]:
        """Adds a device's revision under `schema` to the write, or says what does not fit."""
        layer, problems = self._documents.refit(device, parsed(schema), newest.layer)
        if problems:
            return _of_device(device, problems)
        try:
            revision = self._documents.revision(device, schema, layer, newest.rev + 1, author, firmware)
        except Invalid as error:
            return _of_device(device, error.problems)
        data = {"rev": revision.rev, "keys": [], "by": author.by, "why": author.why}
        write.puts.append(revision)
        write.changes.append(Change(at=author.at, kind=ChangeKind.CONFIG_CHANGED, device=device.id, data=data))
        return []

    async def _users(self, name: str) -> list[tuple[Device, Revision]]:
        """The devices under a schema, each with its newest revision."""
        users = []
        after = ""
        while page := await self._store.devices(after, _PAGE):
            for device in page:
                await self._slices.breathe()
                newest = await self._store.revision(device.id)
                if newest and newest.schema_name == name:
                    users.append((device, newest))
            after = page[-1].id
        return users


def _of_device(device: Device, problems: list[Problem]) -> list[Problem]:
    return [Problem(f"{device.id}/{problem.key}", problem.code, problem.text) for problem in problems]


def _normal(settings: dict) -> dict:
    """Declarations in their one form. Raises Invalid."""
    try:
        return {key: limits.declaration_of(setting) for key, setting in limits.parse(settings).items()}
    except BadSchema as error:
        raise Invalid("These settings cannot be declared like this. Nothing was changed.", error.problems) from error


def _check_size(schema: Schema) -> None:
    """A schema whose defaults alone are more than a board can hold would leave every new device without a document."""
    encode_document(schema.name, schema.version, dict(limits.defaults(parsed(schema))))

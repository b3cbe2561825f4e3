"""Devices: registering, changing, rotating their credentials, removing. Decides what is written and hands it to the
store.
"""

import asyncio
from dataclasses import dataclass

from henge_protocol import topics

from henge_server import keys as key_material
from henge_server.announcements import Announcements
from henge_server.documents import Author, Documents
from henge_server.errors import BadRequest, Conflict, Exists, Invalid, NotFound
from henge_server.keys import Keys
from henge_server.models import AuditEntry, Change, ChangeKind, Credential, Device, Schema, Tombstone
from henge_server.moments import Clock
from henge_server.store import Store, Write

MAX_LABELS = 32  # on one device; labels are for choosing devices, not for storing data
_TRIES = 8  # against writers that are faster; each failure means that another write succeeded

# Why there is a revision, and what the audit calls it, when the next credential is first used: by whether it replaces.
_ROTATED = {False: ("credential rotated", "device.rotated"), True: ("board replaced", "device.replaced")}


@dataclass(frozen=True, slots=True)
class Handover:
    """A device and what it logs in and checks signatures with: shown once, kept nowhere."""

    device: Device
    password: str
    config_key: bytes


class Devices:
    """`membership` is held while it is decided and written which devices are under which schema."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        documents: Documents,
        announcements: Announcements,
        clock: Clock,
        membership: asyncio.Lock,
    ) -> None:
        self._store = store
        self._announcements = announcements
        self._membership = membership
        self._keys = keys
        self._documents = documents
        self._clock = clock

    async def get(self, device_id: str) -> Device:
        """The device. Raises NotFound."""
        device = await self._store.device(device_id)
        if device is None:
            raise NotFound(f"There is no device {device_id!r}. `fleetctl device list` shows those there are.")
        return device

    async def register(
        self, device_id: str, schema_name: str | None, name: str, labels: dict[str, str], by: str
    ) -> Handover:
        """A new device with its first revision. Raises BadRequest, NotFound (schema), Exists, Invalid."""
        if not topics.is_device_id(device_id):
            raise BadRequest(
                f"{device_id!r} is not a device id: lower-case letters, digits and hyphens, at most 63, "
                "the first one no hyphen."
            )
        _check_labels(labels)
        for _ in range(_TRIES):
            async with self._membership:
                if await self._store.device(device_id):
                    raise _exists(device_id)
                write, handover = await self._registration(device_id, schema_name, name, labels, by)
                try:
                    await self._store.write(write)
                except Conflict:
                    continue  # somebody took the name, or the schema has a new version
            return handover
        raise _too_busy(device_id)

    async def _registration(
        self, device_id: str, schema_name: str | None, name: str, labels: dict[str, str], by: str
    ) -> tuple[Write, Handover]:
        """The write that brings a device in, and what to hand over once it is done."""
        schema = await self._schema(schema_name)
        grave = await self._store.tombstone(device_id)
        now = self._clock()
        generation = grave.generation + 1 if grave else 1
        password = key_material.new_password()
        credential = Credential(generation=generation, password_sha256=key_material.fingerprint(password))
        device = Device(id=device_id, version=1, name=name, labels=labels, credential=credential, created_at=now)
        first = grave.rev + 1 if grave else 1
        revision = self._documents.revision(device, schema, {}, first, Author(by, "registered", now))
        detail = {"schema": schema_name or ""}
        write = Write(
            puts=[device, revision],
            newest_schema=(schema.name, schema.version) if schema else None,
            changes=[Change(at=now, kind=ChangeKind.DEVICE_ADDED, device=device_id)],
            audit=[AuditEntry(at=now, by=by, action="device.add", target=device_id, detail=detail)],
        )
        return write, Handover(device, password, self._keys.device_key(device_id, generation))

    async def change(self, device_id: str, name: str | None, labels: dict[str, str | None] | None, by: str) -> Device:
        """Changes a name, merges labels (None removes one). Nothing is written where nothing changes."""
        for _ in range(_TRIES):
            device = await self.get(device_id)
            kept = self.merged_labels(device, labels)
            new_name = device.name if name is None else name
            if kept == device.labels and new_name == device.name:
                return device
            changed = device.model_copy(update={"version": device.version + 1, "name": new_name, "labels": kept})
            if await self._replace(changed, "device.change", by):
                return changed
        raise _too_busy(device_id)

    def merged_labels(self, device: Device, labels: dict[str, str | None] | None) -> dict[str, str]:
        """A device's labels with others merged in. Raises Invalid."""
        merged = {**device.labels, **(labels or {})}
        kept = {key: value for key, value in merged.items() if value is not None}
        _check_labels(kept)
        return kept

    async def rotate(self, device_id: str, by: str, replace: bool = False) -> Handover:
        """A next credential. The one in use ends when it is first used; rotating again replaces it.

        `replace`: it is for another board, which then has the identity, the config and the history of this one.
        """
        for _ in range(_TRIES):
            device = await self.get(device_id)
            password = key_material.new_password()
            last = device.next_credential or device.credential
            generation = last.generation + 1
            fingerprint = key_material.fingerprint(password)
            following = Credential(generation=generation, password_sha256=fingerprint, replaces=replace)
            changed = device.model_copy(update={"version": device.version + 1, "next_credential": following})
            if await self._replace(changed, "device.replace" if replace else "device.rotate", by):
                return Handover(changed, password, self._keys.device_key(device_id, generation))
        raise _too_busy(device_id)

    async def activate(self, device_id: str) -> Device:
        """Ends the credential in use: the next one was used. Makes a revision signed and sealed under the new key."""
        for _ in range(_TRIES):
            device = await self.get(device_id)
            following = device.next_credential
            newest = await self._store.revision(device_id)
            if following is None or newest is None:
                return device
            now = self._clock()
            changed = device.model_copy(
                update={
                    "version": device.version + 1,
                    "credential": following.model_copy(update={"replaces": False}),
                    "next_credential": None,
                }
            )
            layer = self._documents.resealed(device_id, newest.layer, newest.generation, following.generation)
            schema = await self._store.schema(newest.schema_name, newest.schema_version)
            why, action = _ROTATED[following.replaces]
            author = Author(device_id, why, now)
            firmware = await self._announcements.of(device_id)
            revision = self._documents.revision(changed, schema, layer, newest.rev + 1, author, firmware)
            write = Write(
                puts=[changed, revision],
                changes=[_config_changed(device_id, revision.rev, author)],
                audit=[AuditEntry(at=now, by=device_id, action=action, target=device_id)],
            )
            try:
                await self._store.write(write)
            except Conflict:
                continue
            return changed
        raise _too_busy(device_id)

    async def remove(self, device_id: str, by: str) -> None:
        """Removes a device and its history; its last rev stays, so that a new one of that name counts on. Raises
        NotFound.
        """
        for _ in range(_TRIES):
            device = await self.get(device_id)
            newest = await self._store.revision(device_id)
            last = device.next_credential or device.credential
            grave = Tombstone(device=device_id, rev=newest.rev if newest else 0, generation=last.generation)
            now = self._clock()
            write = Write(
                removed_device=device_id,
                removed_as=(device.version, newest.rev if newest else None),
                puts=[grave],
                changes=[Change(at=now, kind=ChangeKind.DEVICE_REMOVED, device=device_id)],
                audit=[AuditEntry(at=now, by=by, action="device.remove", target=device_id)],
            )
            try:
                await self._store.write(write)
            except Conflict:
                continue
            return
        raise _too_busy(device_id)

    async def _schema(self, name: str | None) -> Schema | None:
        if name is None:
            return None
        schema = await self._store.schema(name)
        if schema is None:
            raise NotFound(f"There is no schema {name!r}. `fleetctl schema list` shows those there are.")
        return schema

    async def _replace(self, device: Device, action: str, by: str) -> bool:
        now = self._clock()
        write = Write(
            puts=[device],
            changes=[Change(at=now, kind=ChangeKind.DEVICE_CHANGED, device=device.id)],
            audit=[AuditEntry(at=now, by=by, action=action, target=device.id)],
        )
        try:
            await self._store.write(write)
        except Conflict:
            return False
        return True


def _config_changed(device_id: str, rev: int, author: Author) -> Change:
    data = {"rev": rev, "keys": [], "by": author.by, "why": author.why}
    return Change(at=author.at, kind=ChangeKind.CONFIG_CHANGED, device=device_id, data=data)


def _exists(device_id: str) -> Exists:
    return Exists(f"There is a device {device_id!r} already. Choose another id, or remove that one first.")


def _too_busy(device_id: str) -> Conflict:
    return Conflict(f"Device {device_id!r} is being changed by others all the time; try again.")


def _check_labels(labels: dict[str, str]) -> None:
    if len(labels) > MAX_LABELS:
        raise Invalid(f"{len(labels)} labels; at most {MAX_LABELS}.")

"""Configs: what a device should be, what it says it is, and the writes that change the first.

Each write makes a new revision from the newest one. Where somebody else was faster it is decided again on what is there
then, unless the caller named the revision that it meant (If-Match).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from henge_protocol.errors import Problem

from henge_server.announcements import Announcements
from henge_server.devices import Devices
from henge_server.documents import Author, Documents, Patch, differing, parsed, values_of
from henge_server.errors import Conflict, Invalid, NotFound, PreconditionFailed
from henge_server.firmware import Firmware
from henge_server.models import AuditEntry, Change, ChangeKind, Device, Observed, Outcome, Revision, Schema, Values
from henge_server.moments import Clock
from henge_server.store import Store, Write
from henge_server.sync import SyncState, sync_state
from henge_server.timeline import Stage, Timeline

_SERVER = "server"  # who makes a revision that nobody asked for

_TRIES = 32  # against writers that are faster; each failure means that another write succeeded


@dataclass(frozen=True, slots=True)
class Config:
    """A device's newest revision beside what was heard of it."""

    device: Device
    schema: Schema | None
    desired: Revision
    outcome: Outcome | None  # of `desired`
    observed: Observed | None
    last: Outcome | None  # of the revision that was last reported on

    @property
    def sync(self) -> SyncState:
        return sync_state(self.desired, self.outcome, self.observed)


@dataclass(frozen=True, slots=True)
class Written:
    """The revision that holds after a write; `changed` is False where the write made none."""

    revision: Revision
    changed: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a write wants the device to be."""

    schema: Schema | None
    layer: Values


_Decision = Callable[[Device, Schema | None, Revision], _Wanted]


class Configs:
    """`membership` is held while it is decided and written which devices are under which schema."""

    def __init__(
        self,
        store: Store,
        devices: Devices,
        documents: Documents,
        announcements: Announcements,
        clock: Clock,
        timeline: Timeline,
        membership: asyncio.Lock,
    ) -> None:
        self._store = store
        self._membership = membership
        self._devices = devices
        self._documents = documents
        self._announcements = announcements
        self._clock = clock
        self._timeline = timeline
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of the devices being written

    async def get(self, device_id: str) -> Config:
        """Desired and reported. Raises NotFound."""
        return await self.of(await self._devices.get(device_id))

    async def of(self, device: Device) -> Config:
        """Desired and reported of a device that was read already."""
        desired = await self.newest(device.id)
        schema = await self._schema(desired)
        outcome = await self._store.outcome(device.id, desired.rev)
        observed = await self._store.observed(device.id)
        last = outcome
        if outcome is None and observed is not None:
            last = await self._store.outcome(device.id, observed.reported_rev)
        return Config(device, schema, desired, outcome, observed, last)

    async def newest(self, device_id: str) -> Revision:
        """The newest revision. Raises NotFound where the device is gone."""
        revision = await self._store.revision(device_id)
        if revision is None:
            raise NotFound(f"There is no device {device_id!r}. `fleetctl device list` shows those there are.")
        return revision

    async def revision(self, device_id: str, rev: int) -> Revision:
        """One revision. Raises NotFound."""
        await self._devices.get(device_id)
        revision = await self._store.revision(device_id, rev)
        if revision is None:
            raise NotFound(
                f"{device_id} has no revision {rev}. `fleetctl config history {device_id}` shows those there are."
            )
        return revision

    async def patch(self, device_id: str, patch: Patch, by: str, expected: int | None = None) -> Written:
        """Merges a patch into the device's own layer. Raises NotFound, Invalid, PreconditionFailed, Conflict."""

        def decide(device: Device, schema: Schema | None, newest: Revision) -> _Wanted:
            _need_schema(device, schema, patch)
            return _Wanted(schema, self._documents.patched(device, parsed(schema), newest.layer, patch))

        why = "unset" if patch and all(value is None for value in patch.values()) else "set"
        return await self._write(device_id, decide, by, why, "config.set", expected)

    async def replace(self, device_id: str, values: Patch, by: str, expected: int | None = None) -> Written:
        """Replaces the device's own layer. Raises as `patch`."""

        def decide(device: Device, schema: Schema | None, newest: Revision) -> _Wanted:
            _need_schema(device, schema, values)
            patch: Patch = {**dict.fromkeys(newest.layer), **values}
            return _Wanted(schema, self._documents.patched(device, parsed(schema), newest.layer, patch))

        return await self._write(device_id, decide, by, "replaced", "config.replace", expected)

    async def rollback(self, device_id: str, rev: int, by: str, expected: int | None = None) -> Written:
        """A new revision with the values of an old one, under the schema version of today. Raises as `patch`.

        The old one may be the newest, where the device has refused that: this is how it is tried again.
        """
        old = await self.revision(device_id, rev)

        def decide(device: Device, schema: Schema | None, newest: Revision) -> _Wanted:
            layer = self._documents.resealed(device.id, old.layer, old.generation, device.credential.generation)
            layer, problems = self._documents.refit(device, parsed(schema), layer)
            if problems:
                raise Invalid(f"Revision {rev} does not fit the schema of today. Nothing was changed.", problems)
            return _Wanted(schema, layer)

        return await self._write(device_id, decide, by, f"rollback to {rev}", "config.rollback", expected, again=True)

    async def move(self, device_id: str, schema_name: str, by: str) -> Written:
        """Puts a device under the newest version of a schema.

        Raises NotFound, and Invalid where its own values do not fit it.
        """
        async with self._membership:
            schema = await self._named(schema_name)

            def decide(device: Device, _: Schema | None, newest: Revision) -> _Wanted:
                layer, problems = self._documents.refit(device, parsed(schema), newest.layer)
                if problems:
                    raise Invalid(f"The values of {device_id} do not fit that schema. Nothing was changed.", problems)
                return _Wanted(schema, layer)

            why = f"schema {schema.name} {schema.version}"
            return await self._write(device_id, decide, by, why, "device.schema", None)

    async def adopt(self, device_id: str, schema_name: str, by: str) -> tuple[Written, list[Problem]]:
        """Puts a device under the newest version of a schema with those of its own values that fit; the others are
        dropped, each with why. Raises NotFound.
        """
        dropped: list[Problem] = []
        async with self._membership:
            schema = await self._named(schema_name)

            def decide(device: Device, _: Schema | None, newest: Revision) -> _Wanted:
                dropped[:] = self._documents.refit(device, parsed(schema), newest.layer)[1]
                gone = {problem.key for problem in dropped}
                fitting = {key: value for key, value in newest.layer.items() if key not in gone}
                return _Wanted(schema, self._documents.refit(device, parsed(schema), fitting)[0])

            why = f"adopted schema {schema.name} {schema.version}"
            return await self._write(device_id, decide, by, why, "schema.adopt", None), dropped

    async def fit(self, device_id: str) -> Written:
        """Makes a revision for the firmware that a device has now, where the newest one says something else. Raises
        NotFound, Conflict.
        """

        def decide(_: Device, schema: Schema | None, newest: Revision) -> _Wanted:
            return _Wanted(schema, newest.layer)

        return await self._write(device_id, decide, _SERVER, "for its firmware", "config.fit", None)

    async def _write(
        self,
        device_id: str,
        decide: _Decision,
        by: str,
        why: str,
        action: str,
        expected: int | None,
        again: bool = False,
    ) -> Written:
        """One after the other for each device: writers that arrive together would only undo each other's decisions.

        `again`: the same values make a new revision where the device has refused the newest one.
        """
        arrived = self._timeline.clock()
        async with self._turns.setdefault(device_id, asyncio.Lock()):
            for _ in range(_TRIES):
                device = await self._devices.get(device_id)
                newest = await self.newest(device_id)
                if expected is not None and newest.rev != expected:
                    raise PreconditionFailed(
                        f"{device_id} is at revision {newest.rev}, not {expected}: somebody changed it. Read it again."
                    )
                wanted = decide(device, await self._schema(newest), newest)
                firmware = await self._announcements.of(device_id)
                self._check_firmware(device, firmware, newest.layer, wanted.layer)
                author = Author(by, why, self._clock())
                rev = newest.rev + 1
                revision = self._documents.revision(device, wanted.schema, wanted.layer, rev, author, firmware)
                if _says_the_same(revision, newest) and not (again and await self._is_refused(newest)):
                    return Written(newest, changed=False)
                self._timeline.mark(device_id, revision.rev, Stage.ARRIVED, arrived)
                self._timeline.mark(device_id, revision.rev, Stage.DECIDED)
                try:
                    await self._store.write(_config_write(revision, newest, author, action))
                except Conflict:
                    continue
                self._timeline.mark(device_id, revision.rev, Stage.COMMITTED)
                return Written(revision, changed=True)
        raise Conflict(f"{device_id} is being changed by others all the time; try again.")

    async def _is_refused(self, revision: Revision) -> bool:
        outcome = await self._store.outcome(revision.device, revision.rev)
        return outcome is not None and outcome.epoch == revision.epoch and outcome.is_refusal

    def _check_firmware(self, device: Device, firmware: Firmware, before: Values, layer: Values) -> None:
        problems = self._documents.forbidden(device, firmware, before, layer)
        if problems:
            raise Invalid(f"The firmware of {device.id} cannot take that. Nothing was changed.", problems)

    async def _named(self, name: str) -> Schema:
        schema = await self._store.schema(name)
        if schema is None:
            raise NotFound(f"There is no schema {name!r}. `fleetctl schema list` shows those there are.")
        return schema

    async def _schema(self, revision: Revision) -> Schema | None:
        if not revision.schema_name:
            return None
        return await self._store.schema(revision.schema_name, revision.schema_version)


def _config_write(revision: Revision, before: Revision, author: Author, action: str) -> Write:
    keys = list(differing(values_of(before), values_of(revision)))
    data = {"rev": revision.rev, "keys": keys, "by": author.by, "why": author.why}
    change = Change(at=author.at, kind=ChangeKind.CONFIG_CHANGED, device=revision.device, data=data)
    detail = {"rev": revision.rev, "keys": keys, "why": author.why}
    audit = AuditEntry(at=author.at, by=author.by, action=action, target=revision.device, detail=detail)
    return Write(puts=[revision], changes=[change], audit=[audit])


def _says_the_same(one: Revision, other: Revision) -> bool:
    return (one.doc, one.layer, one.generation) == (other.doc, other.layer, other.generation)


def _need_schema(device: Device, schema: Schema | None, patch: Patch) -> None:
    if schema is None and patch:
        raise Invalid(
            f"{device.id} has no schema, so there is nothing to set. "
            f"Give it one with `fleetctl device change {device.id} --schema NAME`."
        )

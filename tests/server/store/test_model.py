"""Written at once or one after the other, refused or taken, removed, reopened: a store is what a plain dict is."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from henge_server.errors import Conflict
from henge_server.models import Command, Device, Record, Revision, Schema, Tombstone
from henge_server.store import COMMANDS_KEPT, Write
from henge_server.store.layout import key_of
from henge_server.store.lmdb import LmdbStore
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.server.store import records

_NAMES = st.sampled_from(["a", "ab", "a-b"])
_NUMBERS = st.integers(1, 4)


@dataclass
class Model:
    """The rules of `Write`, on dicts."""

    kept: dict[bytes, Record] = field(default_factory=dict)
    changes: int = 0
    entries: int = 0

    def write(self, write: Write) -> int | None:
        """The newest number of the feed after the write; None where it is refused."""
        after = Model(dict(self.kept))
        if not after._takes(write):
            return None
        self.kept = after.kept
        self.changes += len(write.changes)
        self.entries += len(write.audit)
        return self.changes

    def of(self, kind: type[Record], **fields: Any) -> list[Any]:
        found = [record for record in self.kept.values() if isinstance(record, kind)]
        return [record for record in found if all(getattr(record, key) == value for key, value in fields.items())]

    def _takes(self, write: Write) -> bool:
        if write.newest_schema and self._version(write.newest_schema[0]) != write.newest_schema[1]:
            return False
        if write.removed_device:
            self._remove_device(write.removed_device)
        if write.removed_schema:
            gone = self.of(Schema, name=write.removed_schema)
            self.kept = {key: record for key, record in self.kept.items() if record not in gone}
        return all(self._take(record) for record in write.puts)

    def _remove_device(self, name: str) -> None:
        self.kept = {
            key: record
            for key, record in self.kept.items()
            if isinstance(record, Tombstone) or name not in (getattr(record, "id", ""), getattr(record, "device", ""))
        }

    def _take(self, record: Record) -> bool:
        match record:
            case Device():
                follows = record.version == 1 + max((d.version for d in self.of(Device, id=record.id)), default=0)
            case Schema():
                follows = record.version == 1 + self._version(record.name)
            case Revision():
                follows = self._has(record.device) and self._newest_rev(record.device) in (None, record.rev - 1)
            case Tombstone():
                follows = True
            case Command():
                kept = self.kept.get(key_of(record))
                number, version = (kept.number, kept.version) if isinstance(kept, Command) else (0, 0)
                follows = self._has(record.device) and (
                    record.version == version + 1
                    if record.number == number
                    else record.number > number and record.version == 1
                )
            case _:
                follows = self._has(getattr(record, "device", ""))
        self.kept[key_of(record)] = record
        return follows

    def _has(self, device: str) -> bool:
        return bool(self.of(Device, id=device))

    def _version(self, schema: str) -> int:
        return max((schema.version for schema in self.of(Schema, name=schema)), default=0)

    def _newest_rev(self, device: str) -> int | None:
        for kind in (Revision, Tombstone):
            if found := self.of(kind, device=device):
                return max(record.rev for record in found)
        return None


def _removed(name: str, rev: int) -> Write:
    return Write([Tombstone(device=name, rev=rev, generation=1)], removed_device=name, audit=[records.entry()])


_DEVICES = st.builds(lambda name, version: Write([records.device(name, version)]), _NAMES, _NUMBERS)
_REVISIONS = st.builds(records.edited, _NAMES, _NUMBERS)
_REPORTS = st.builds(
    lambda name, rev: Write([records.observed(name, rev), records.outcome(name, rev)], changes=[records.change()]),
    _NAMES,
    _NUMBERS,
)
_COMMANDS = st.builds(
    lambda name, number, version: Write([records.command(name, number, version)]),
    _NAMES,
    st.sampled_from([1, 2, 1 + COMMANDS_KEPT]),
    st.integers(1, 3),
)
_SCHEMAS = st.builds(lambda name, version: Write([records.schema(name, version)]), _NAMES, _NUMBERS)
_DECIDED = st.builds(
    lambda name, version, write: Write(write.puts, newest_schema=(name, version), changes=[records.change()] * 3),
    _NAMES,
    st.integers(0, 2),
    _REVISIONS,
)
_WRITES = st.one_of(
    st.builds(records.added, _NAMES, _NUMBERS),
    _DEVICES,
    _REVISIONS,
    _REPORTS,
    _SCHEMAS,
    _COMMANDS,
    _DECIDED,
    st.builds(_removed, _NAMES, _NUMBERS),
    st.builds(lambda name: Write(removed_schema=name, changes=[records.change()]), _NAMES),
)


class StoreIsADict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="henge-store-"))
        self.store = self.runner.run(LmdbStore.open(self.folder))
        self.model = Model()

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @rule(writes=st.lists(_WRITES, min_size=1, max_size=6))
    def write_at_once(self, writes: list[Write]) -> None:
        async def all_of_them() -> list[int | BaseException]:
            return await asyncio.gather(*map(self.store.write, writes), return_exceptions=True)

        results = self.runner.run(all_of_them())

        for write, result in zip(writes, results, strict=True):
            expected = self.model.write(write)
            assert isinstance(result, Conflict) if expected is None else result == expected

    @rule()
    def reopen(self) -> None:
        self.runner.run(self.store.close())
        self.store = self.runner.run(LmdbStore.open(self.folder))

    @invariant()
    def holds_the_same(self) -> None:
        self.runner.run(self._compare())

    async def _compare(self) -> None:
        store, model = self.store, self.model
        assert [change.seq for change in await store.changes(0)] == list(range(1, model.changes + 1))
        assert [number for number, _ in await store.audit()] == list(range(model.entries, 0, -1))
        assert await store.devices() == sorted(model.of(Device), key=lambda device: device.id)
        for name in ("a", "ab", "a-b"):
            newest_first = sorted(model.of(Revision, device=name), key=lambda revision: -revision.rev)
            assert await store.revisions(name) == newest_first
            assert [await store.revision(name)] == (newest_first[:1] or [None])
            versions = sorted(model.of(Schema, name=name), key=lambda schema: -schema.version)
            assert await store.schema_versions(name) == versions
            tombstones = model.of(Tombstone, device=name)
            assert await store.tombstone(name) == (tombstones[0] if tombstones else None)
            assert await store.observed(name) == model.kept.get(key_of(records.observed(name)))
            for rev in range(1, 5):
                assert await store.outcome(name, rev) == model.kept.get(key_of(records.outcome(name, rev)))


StoreIsADict.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestStoreIsADict = StoreIsADict.TestCase

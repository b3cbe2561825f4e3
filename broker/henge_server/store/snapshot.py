"""A snapshot: reading the store as of one commit.

It decodes what it finds, keeps nothing, and lives as long as its transaction.
"""

from collections.abc import Iterator

import lmdb

from henge_server.models import AuditEntry, Command, Device, Revision, Schema
from henge_server.store import layout
from henge_server.store.layout import RecordT


class Snapshot:
    def __init__(self, txn: "lmdb.Transaction[bytes]") -> None:
        self._txn = txn

    def get(self, key: bytes) -> bytes | None:
        return self._txn.get(key)

    def record(self, kind: type[RecordT], key: bytes) -> RecordT | None:
        value = self._txn.get(key)
        return None if value is None else layout.decode(kind, value)

    def upwards(self, start: bytes, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from `start` on that begin with `prefix`, in order, with their values."""
        with self._txn.cursor() as cursor:
            found = cursor.set_range(start)
            while found and cursor.key().startswith(prefix):
                yield cursor.item()
                found = cursor.next()

    def downwards(self, below: bytes, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys below `below` that begin with `prefix`, newest first, with their values."""
        with self._txn.cursor() as cursor:
            found = cursor.prev() if cursor.set_range(below) else cursor.last()
            while found and cursor.key().startswith(prefix):
                yield cursor.item()
                found = cursor.prev()

    def newest(self, prefix: bytes) -> tuple[bytes, bytes] | None:
        """The highest key that begins with `prefix`, with its value."""
        return next(self.downwards(layout.above(prefix), prefix), None)

    def newest_at_most(self, prefix: bytes, value: int) -> bytes | None:
        """The highest key of `prefix` and a number that is not above `value`."""
        found = next(self.downwards(prefix + layout.number(value + 1), prefix), None)
        return found[0] if found else None

    def device_version(self, device_id: str) -> int:
        """0 where there is no such device."""
        device = self.record(Device, layout.device(device_id))
        return device.version if device else 0

    def newest_rev(self, device_id: str) -> int | None:
        """The rev that the next one must follow; None where any may be the first."""
        found = self.newest(layout.revisions(device_id))
        if found:
            return layout.last_number(found[0])
        tombstone = self.get(layout.tombstone(device_id))
        return layout.decode_plain(tombstone)["rev"] if tombstone else None

    def newest_version(self, schema: str) -> int:
        """0 where there is no such schema."""
        found = self.newest(layout.versions(schema))
        return layout.last_number(found[0]) if found else 0

    def command(self, device_id: str, number: int) -> Command | None:
        """None where another one has taken its place."""
        found = self.record(Command, layout.command(device_id, number))
        return found if found and found.number == number else None

    def commands(self, device_id: str) -> list[Command]:
        """All that are kept, newest first."""
        prefix = layout.commands(device_id)
        found = [layout.decode(Command, value) for _, value in self.upwards(prefix, prefix)]
        return sorted(found, key=lambda command: command.number, reverse=True)

    def newest_command(self, device_id: str, number: int) -> tuple[int, int]:
        """(number, version) of what is kept in the place of a command; (0, 0) for nothing."""
        found = self.record(Command, layout.command(device_id, number))
        return (found.number, found.version) if found else (0, 0)

    def revision(self, device_id: str, rev: int | None) -> Revision | None:
        prefix = layout.revisions(device_id)
        if rev is not None:
            return self.record(Revision, prefix + layout.number(rev)) if rev >= 0 else None
        found = self.newest(prefix)
        return layout.decode(Revision, found[1]) if found else None

    def schema(self, name: str, version: int | None) -> Schema | None:
        prefix = layout.versions(name)
        if version is not None:
            return self.record(Schema, prefix + layout.number(version)) if version >= 0 else None
        found = self.newest(prefix)
        return layout.decode(Schema, found[1]) if found else None

    def newest_schemas(self, after: str) -> Iterator[Schema]:
        """The newest version of each schema with a name above `after`, by name."""
        start = layout.past_versions(after) if after else layout.SCHEMAS
        while found := next(self.upwards(start, layout.SCHEMAS), None):
            name = layout.schema_name(found[0])
            newest = self.schema(name, None)
            assert newest is not None  # the key that was just found is one of its versions
            yield newest
            start = layout.past_versions(name)

    def audit(self, before: int | None) -> Iterator[tuple[int, AuditEntry]]:
        """Audit entries with a number below `before`, newest first."""
        below = layout.above(layout.AUDIT) if before is None else layout.AUDIT + layout.number(before)
        for key, value in self.downwards(below, layout.AUDIT):
            first = layout.last_number(key)
            numbered = list(enumerate(layout.decode_plain(value), first))
            for number, entry in reversed(numbered):
                if before is None or number < before:
                    yield number, layout.decode(AuditEntry, entry)

    def last_audit(self) -> int:
        """The number of the newest audit entry; 0 before the first."""
        return next((number for number, _ in self.audit(None)), 0)

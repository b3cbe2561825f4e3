"""A batch: the writes that one commit makes durable, checked one after the other.

It decides, and touches no disk but for reading what a write must follow. A write that conflicts is left out alone; one
that is in is seen by those after it. What comes out is plain: keys and prefixes to remove, then keys and values to put.
"""

from dataclasses import dataclass

from henge_server.models import Change
from henge_server.store import Write, layout
from henge_server.store.heads import Heads, Newest
from henge_server.store.pauses import unhurried


@dataclass(slots=True, frozen=True)
class Encoded:
    """A write as bytes, made before its turn: the turn is short, and what cannot be kept fails its caller alone."""

    write: Write
    items: list[tuple[bytes, bytes]]
    changes: list[bytes]
    audit: list[bytes]

    @classmethod
    async def of(cls, write: Write) -> "Encoded":
        """Raises TypeError or ValueError where something cannot be kept."""
        return cls(
            write,
            [(layout.key_of(record), layout.encode(record)) async for record in unhurried(write.puts)],
            [layout.encode(change) async for change in unhurried(write.changes)],
            [layout.encode(entry) async for entry in unhurried(write.audit)],
        )


class Batch:
    """Collects writes. `first_seq` and `first_audit` are the next free numbers of the feed and of the audit log."""

    def __init__(self, below: Newest, first_seq: int, first_audit: int) -> None:
        self.first_seq = first_seq
        self.first_audit = first_audit
        self.changes: list[Change] = []
        self.removed_prefixes: list[bytes] = []
        self.removed_keys: list[bytes] = []
        self.puts: dict[bytes, bytes] = {}
        self._heads = Heads(below)
        self._encoded_changes: list[bytes] = []
        self._audit: list[bytes] = []

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.changes) - 1

    @property
    def next_audit(self) -> int:
        return self.first_audit + len(self._audit)

    async def add(self, encoded: Encoded) -> int:
        """Takes a write in; returns the seq of the newest change after it. Raises Conflict and stays as it was."""
        write = encoded.write
        await self._heads.follow(write)
        if write.removed_device is not None:
            self._remove_device(write.removed_device)
        if write.removed_schema is not None:
            self._remove_prefix(layout.versions(write.removed_schema))
        for caps in write.removed_announcements:
            self._remove(layout.announcement(caps))
        self.puts.update(encoded.items)
        async for change in unhurried(write.changes):
            self.changes.append(change.model_copy(update={"seq": self.last_seq + 1}))
        self._encoded_changes += encoded.changes
        self._audit += encoded.audit
        return self.last_seq

    def seal(self, at: int) -> None:
        """Adds the records of the feed and of the audit log: one each for the whole commit, made at `at` (ms)."""
        if self.changes:
            feed = layout.encode([at, self._encoded_changes])
            self.puts[layout.FEED + layout.number(self.first_seq)] = feed
        if self._audit:
            self.puts[layout.AUDIT + layout.number(self.first_audit)] = layout.encode(self._audit)

    def _remove_device(self, device_id: str) -> None:
        self._remove(layout.device(device_id))
        self._remove(layout.observed(device_id))
        self._remove_prefix(layout.revisions(device_id))
        self._remove_prefix(layout.outcomes(device_id))
        self._remove_prefix(layout.commands(device_id))

    def _remove(self, key: bytes) -> None:
        self.puts.pop(key, None)
        self.removed_keys.append(key)

    def _remove_prefix(self, prefix: bytes) -> None:
        # Removals come before puts in the commit, so what an earlier write of this batch put has to go here.
        self.puts = {key: value for key, value in self.puts.items() if not key.startswith(prefix)}
        self.removed_prefixes.append(prefix)

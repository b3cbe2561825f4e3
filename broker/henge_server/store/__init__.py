"""The store: the one truth of the server, behind an interface that knows no engine.

Reading gives records as of the last commit. Writing takes a `Write`: records, the changes that they mean, the audit
entries, all durable together or not at all when `write` returns. Nothing here decides what a value may be.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from henge_server.models import (
    Announcement,
    AuditEntry,
    Change,
    Command,
    Device,
    KeyCheck,
    Observed,
    Outcome,
    Record,
    Revision,
    Schema,
    Token,
    Tombstone,
)

COMMANDS_KEPT = 32
"""Commands of a device that are kept. Number n takes the place of n - 32: few enough to be read at every connection."""


@dataclass(slots=True)
class Write:
    """One atomic write.

    puts: records to keep. A Device is refused unless its version follows the stored one (1 where there is none); a
        Revision unless its rev follows the device's newest (or its tombstone's; any rev is the first otherwise); a
        Schema unless its version follows the newest of its name; a Command unless its version follows that of its
        number (1 for a number above all that there are). The others replace what is there. A Revision, Outcome,
        Observed or Command is refused where its device is not there and not in the same write: what crosses a removal
        must not be found by the next device of that name.
    removed_device: id of a device to remove with its revisions, outcomes, commands and what was observed; put its
        Tombstone along with it.
    removed_as: (version, newest rev) of the removed device by which the removal was decided, where it matters.
    removed_announcements: digests of announcements to remove.
    removed_schema: name of a schema to remove with its versions.
    newest_schema: (name, version) that must still be the newest of its name, where the write was decided by it; version
        0: no such schema.
    changes: entries for the feed, in order; the store gives them their `seq`.
    audit: who did it.
    """

    puts: list[Record] = field(default_factory=list)
    removed_device: str | None = None
    removed_as: tuple[int, int | None] | None = None
    removed_schema: str | None = None
    removed_announcements: list[bytes] = field(default_factory=list)
    newest_schema: tuple[str, int] | None = None
    changes: list[Change] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)


class Store(ABC):
    """What every engine offers. All methods are for one event loop."""

    epoch: int  # seconds since 1970 at which this store was made or restored; 32 bits
    last_seq: int  # of the newest committed change; 0 before the first

    @abstractmethod
    async def close(self) -> None:
        """Finishes the writes that were accepted, then lets go of the files. Safe to call twice."""

    @abstractmethod
    async def write(self, write: Write) -> int:
        """Makes a write durable. Returns the seq of its last change (the newest seq where it has none).

        Raises Conflict where a version, rev or schema does not follow what is stored (nothing was written; read again
        and decide again), StoreFull, StoreUnavailable.
        """

    @abstractmethod
    def on_commit(self, listener: Callable[[], None]) -> None:
        """Calls `listener` on the event loop after each commit that added changes, before `write` returns to its
        caller.
        """

    @abstractmethod
    async def changes(self, after: int, limit: int = 1000) -> list[Change]:
        """The feed above `after`, oldest first. Raises HistoryGone where it no longer reaches back that far, and for a
        number above `last_seq`, which is one from before a restore.
        """

    @abstractmethod
    async def device(self, device_id: str) -> Device | None: ...

    @abstractmethod
    async def devices(self, after: str = "", limit: int = 100) -> list[Device]:
        """Devices with an id above `after`, by id."""

    @abstractmethod
    async def tombstone(self, device_id: str) -> Tombstone | None: ...

    @abstractmethod
    async def schema(self, name: str, version: int | None = None) -> Schema | None:
        """One version of a schema; the newest where none is named."""

    @abstractmethod
    async def schemas(self, after: str = "", limit: int = 100) -> list[Schema]:
        """The newest version of each schema with a name above `after`, by name."""

    @abstractmethod
    async def schema_versions(self, name: str, before: int | None = None, limit: int = 100) -> list[Schema]:
        """Versions of a schema below `before`, newest first."""

    @abstractmethod
    async def revision(self, device_id: str, rev: int | None = None) -> Revision | None:
        """One revision of a device; the newest where none is named."""

    @abstractmethod
    async def revisions(self, device_id: str, before: int | None = None, limit: int = 100) -> list[Revision]:
        """Revisions of a device below `before`, newest first."""

    @abstractmethod
    async def outcome(self, device_id: str, rev: int) -> Outcome | None: ...

    @abstractmethod
    async def observed(self, device_id: str) -> Observed | None: ...

    @abstractmethod
    async def announcement(self, caps: bytes) -> Announcement | None: ...

    @abstractmethod
    async def announced(self) -> list[bytes]:
        """The digests of all announcements there are."""

    @abstractmethod
    async def command(self, device_id: str, number: int) -> Command | None:
        """One command of a device; None where a newer one took its place."""

    @abstractmethod
    async def commands(self, device_id: str) -> list[Command]:
        """All commands of a device that are kept, newest first."""

    @abstractmethod
    async def token(self, sha256: bytes) -> Token | None: ...

    @abstractmethod
    async def key_check(self) -> KeyCheck | None:
        """Of the master key that signs what is in here; None before there was one."""

    @abstractmethod
    async def audit(self, before: int | None = None, limit: int = 100) -> Sequence[tuple[int, AuditEntry]]:
        """Audit entries with a number below `before`, newest first, each with its number."""

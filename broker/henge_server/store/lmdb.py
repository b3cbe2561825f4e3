"""The store on LMDB: one process, one writer thread, group commit.

Reads run on the event loop: each is a few microseconds from the page cache. Writes collect while a commit is under way
and become the next commit together. That the file survives a power cut is LMDB's promise: a commit writes to free pages
only, and counts from the moment its meta page is on disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import lmdb
import structlog

from henge_server.errors import CannotStart, HengeError, StoreUnavailable
from henge_server.models import (
    Announcement,
    AuditEntry,
    Change,
    Command,
    Device,
    KeyCheck,
    Observed,
    Outcome,
    Revision,
    Schema,
    Token,
    Tombstone,
)
from henge_server.moments import Clock, now
from henge_server.store import Store, Write, layout
from henge_server.store.batch import Batch, Encoded
from henge_server.store.feed import Feed
from henge_server.store.folder import FolderLock, make_folder, open_environment
from henge_server.store.layout import RecordT
from henge_server.store.snapshot import Snapshot
from henge_server.store.writer import Writer, translate

log = structlog.get_logger("henge.store")

# Address space, not disk: the file grows as it is used. 64-bit systems have plenty.
MAX_BYTES = 16 << 30

FEED_KEEP_S = 7 * 24 * 60 * 60

# Writes in one commit. Checking one takes about 10 microseconds of the event loop: this many stay well under its 5 ms
# slice; fewer would make more commits, and it is commits that cost.
_BATCH_WRITES = 200

# Seconds until a store that could not be opened again is tried once more.
_REOPEN_S = 1.0

_Waiter = tuple[Encoded, asyncio.Future[int]]
_Place = tuple[asyncio.Future[int], int]  # who waits, and the seq that the write got


class LmdbStore(Store):
    """See `Store`. Made by `open`, for the event loop that runs then."""

    def __init__(
        self, folder: Path, lock: FolderLock, clock: Clock, max_bytes: int, feed: Feed, may_make: bool
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._clock = clock
        self._max_bytes = max_bytes
        self._feed = feed
        self._waiting: deque[_Waiter] = deque()
        self._listeners: list[Callable[[], None]] = []
        self._idle = asyncio.Event()  # no write is waiting or being committed
        self._idle.set()
        self._is_closing = False
        self._is_closed = False
        self._env, self.epoch = open_environment(folder, max_bytes, clock(), may_make)
        try:
            self._load()
        except HengeError as error:
            self._env.close()
            raise CannotStart(f"The store in {folder} cannot be used: {error.detail}") from error
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(self._loop.call_soon_threadsafe)

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        clock: Clock = now,
        max_bytes: int = MAX_BYTES,
        feed_keep_s: int = FEED_KEEP_S,
        may_make: bool = True,
    ) -> "LmdbStore":
        """Opens the store in a folder, or makes one where it `may_make`. `clock` gives milliseconds since 1970.

        Raises CannotStart where the folder is in use, cannot be written, holds what this server cannot read, or holds
        nothing and should.
        """
        make_folder(folder)
        lock = FolderLock(folder)
        try:
            return cls(folder, lock, clock, max_bytes, Feed(feed_keep_s * 1000), may_make)
        except BaseException:
            lock.release()
            raise

    async def close(self) -> None:
        self._is_closing = True
        await self._idle.wait()
        if self._is_closed:
            return
        self._is_closed = True
        self._writer.stop()
        self._env.close()
        self._lock.release()

    @property
    def last_seq(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._feed.last_seq

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    async def write(self, write: Write) -> int:
        if self._is_closing:
            raise StoreUnavailable("The store is closing.")
        encoded = await Encoded.of(write)
        if self._is_closing:
            raise StoreUnavailable("The store is closing.")
        future: asyncio.Future[int] = self._loop.create_future()
        self._waiting.append((encoded, future))
        if self._idle.is_set():
            self._idle.clear()
            self._start()
        return await future

    def _start(self) -> None:
        """Prepares the next commit from the next turn of the loop on: what else is written in this one goes along."""
        self._preparing = self._loop.create_task(self._prepare(), name="store: prepare a commit")

    async def _prepare(self) -> None:
        """Gives the writer its next batch, where there is one."""
        while self._waiting:
            turn = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH_WRITES))]
            try:
                batch, waiters = await self._collect(turn)
            except Exception as error:  # whatever it was, the waiters have to be told
                _fail([future for _, future in turn], translate(error))
                self._recover()
                continue
            if waiters:
                self._writer.commit(self._env, batch, lambda error, b=batch, w=waiters: self._finished(b, w, error))
                return
        self._idle.set()

    async def _collect(self, turn: list[_Waiter]) -> tuple[Batch, list[_Place]]:
        """One batch of those writes that follow what is stored, and who waits for which seq; the others are told."""
        waiters: list[_Place] = []
        with self._snapshot() as snapshot:
            batch = Batch(snapshot, self._feed.last_seq + 1, self._next_audit)
            for encoded, future in turn:
                try:
                    waiters.append((future, await batch.add(encoded)))
                except Exception as error:  # a conflict, or a stored record that cannot be read: this write alone
                    _fail([future], translate(error))
            moment = self._clock()
            batch.seal(moment)
            batch.removed_keys += self._feed.forgettable(snapshot, moment)
        return batch, waiters

    def _finished(self, batch: Batch, waiters: list[_Place], error: HengeError | None) -> None:
        if error is None:
            self._next_audit = batch.next_audit
            if batch.changes:
                self._feed.extend(batch.changes)
                self._tell()
            for future, seq in waiters:
                if not future.done():
                    future.set_result(seq)
        else:
            log.error("a commit failed", writes=len(waiters), error=str(error))
            _fail([future for future, _ in waiters], error)
            self._recover()
        self._start()

    def _recover(self) -> None:
        """Opens the file afresh after a commit that failed.

        The engine refuses everything, reads too, once it could not write the last page of a commit; and what failed
        there may be on disk all the same, so the numbers are read again.
        """
        if self._is_closed:
            return
        before = self.last_seq
        self._env.close()
        try:
            self._env, _ = open_environment(self._folder, self._max_bytes, self._clock(), may_make=False, is_known=True)
            self._load()
        except Exception as error:  # whatever it was, it is tried again: nothing works until it succeeds
            log.error("the store cannot be opened again", error=str(error))
            self._loop.call_later(_REOPEN_S, self._recover)
        if self.last_seq != before:
            self._tell()

    def _load(self) -> None:
        with self._snapshot() as snapshot:
            self._feed.load(snapshot)
            self._next_audit = snapshot.last_audit() + 1

    def _tell(self) -> None:
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                log.exception("a listener of the store failed")

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """Raises StoreUnavailable where the store is closed or cannot be read."""
        if self._is_closed:
            raise StoreUnavailable("The store is closed.")
        try:
            with self._env.begin() as txn:
                yield Snapshot(txn)
        except lmdb.Error as error:
            raise translate(error) from error

    async def changes(self, after: int, limit: int = 1000) -> list[Change]:
        found = self._feed.in_memory(after, limit)
        if found is not None:
            return found
        with self._snapshot() as snapshot:
            return self._feed.on_disk(snapshot, after, limit)

    async def device(self, device_id: str) -> Device | None:
        return self._record(Device, layout.device(device_id))

    async def devices(self, after: str = "", limit: int = 100) -> list[Device]:
        with self._snapshot() as snapshot:
            found = snapshot.upwards(layout.just_above(layout.device(after)), layout.DEVICES)
            return [layout.decode(Device, value) for _, value in islice(found, limit)]

    async def tombstone(self, device_id: str) -> Tombstone | None:
        return self._record(Tombstone, layout.tombstone(device_id))

    async def schema(self, name: str, version: int | None = None) -> Schema | None:
        with self._snapshot() as snapshot:
            return snapshot.schema(name, version)

    async def schemas(self, after: str = "", limit: int = 100) -> list[Schema]:
        with self._snapshot() as snapshot:
            return list(islice(snapshot.newest_schemas(after), limit))

    async def schema_versions(self, name: str, before: int | None = None, limit: int = 100) -> list[Schema]:
        return self._history(Schema, layout.versions(name), before, limit)

    async def revision(self, device_id: str, rev: int | None = None) -> Revision | None:
        with self._snapshot() as snapshot:
            return snapshot.revision(device_id, rev)

    async def revisions(self, device_id: str, before: int | None = None, limit: int = 100) -> list[Revision]:
        return self._history(Revision, layout.revisions(device_id), before, limit)

    async def outcome(self, device_id: str, rev: int) -> Outcome | None:
        return self._record(Outcome, layout.outcomes(device_id) + layout.number(rev))

    async def observed(self, device_id: str) -> Observed | None:
        return self._record(Observed, layout.observed(device_id))

    async def announcement(self, caps: bytes) -> Announcement | None:
        return self._record(Announcement, layout.announcement(caps))

    async def announced(self) -> list[bytes]:
        with self._snapshot() as snapshot:
            found = snapshot.upwards(layout.ANNOUNCEMENTS, layout.ANNOUNCEMENTS)
            return [key[len(layout.ANNOUNCEMENTS) :] for key, _ in found]

    async def command(self, device_id: str, number: int) -> Command | None:
        with self._snapshot() as snapshot:
            return snapshot.command(device_id, number)

    async def commands(self, device_id: str) -> list[Command]:
        with self._snapshot() as snapshot:
            return snapshot.commands(device_id)

    async def token(self, sha256: bytes) -> Token | None:
        return self._record(Token, layout.token(sha256))

    async def key_check(self) -> KeyCheck | None:
        return self._record(KeyCheck, layout.KEY_CHECK)

    async def audit(self, before: int | None = None, limit: int = 100) -> Sequence[tuple[int, AuditEntry]]:
        with self._snapshot() as snapshot:
            return list(islice(snapshot.audit(before), limit))

    def _record(self, kind: type[RecordT], key: bytes) -> RecordT | None:
        with self._snapshot() as snapshot:
            return snapshot.record(kind, key)

    def _history(self, kind: type[RecordT], prefix: bytes, before: int | None, limit: int) -> list[RecordT]:
        below = layout.above(prefix) if before is None else prefix + layout.number(before)
        with self._snapshot() as snapshot:
            return [layout.decode(kind, value) for _, value in islice(snapshot.downwards(below, prefix), limit)]


def _fail(futures: list[asyncio.Future[int]], error: HengeError) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(type(error)(error.detail))  # its own: a shared one would collect everybody's traceback

"""Slots: two copies of the configuration on flash, so that power may fail at any write. Nothing else writes it.

A record is written into the slot that is not in use, synced, read back and compared. Which one is in use follows from
what the records say; there is no pointer to switch and no rename. A third record remembers the last refusal, so that a
document which was refused once is not tried again after a restart.
"""

import hashlib
import struct

# What a record is; the sentences are for people.
TRIAL, APPLIED, CONFIRMED, REJECTED, ROLLED_BACK = range(1, 6)
MEANINGS = {
    TRIAL: "on probation; over when found at a start",
    APPLIED: "in use",
    CONFIRMED: "in use, after its probation",
    REJECTED: "refused before it was used",
    ROLLED_BACK: "taken back",
}

_PLACES = ("slot-0", "slot-1")
_REFUSED = "refused"

_MAGIC = b"hng1"  # the format; another format gets another one
_HEAD = ">4sIBIQI"  # magic, sequence, state, epoch, rev, bytes of payload
_HEAD_BYTES = struct.calcsize(_HEAD)
_HASH_BYTES = 32
_COMPARED = 512  # bytes read back at a time: a board need not find room for the whole a second time
MAX_RECORD = _HEAD_BYTES + _HASH_BYTES + 9 * 1024  # bytes; a document of 8 KiB, its signature and room


class StorageFailed(Exception):
    """The flash did not keep what was written to it."""


class Record:
    """What one place on flash holds. `payload` is `mac` and `doc` in a slot, a report's errors in a refusal."""

    def __init__(self, sequence: int, state: int, epoch: int, rev: int, payload: bytes) -> None:
        self.sequence = sequence
        self.state = state
        self.epoch = epoch
        self.rev = rev
        self.payload = payload

    @property
    def order(self) -> "tuple[int, int]":
        """By which a newer document is told from an older one."""
        return self.epoch, self.rev


class Found:
    """What a start finds: records or None. `previous` is the one to go back to should `current` not work any more."""

    def __init__(self) -> None:
        self.current: "Record | None" = None
        self.previous: "Record | None" = None
        self.lost_trial: "Record | None" = None
        self.refused: "Record | None" = None


class Slots:
    """`storage` has `read(place, start, count)`, which gives fewer bytes where there are no more, and
    `write(place, data)`, durable when it returns.
    """

    def __init__(self, storage, device: str) -> None:
        self._storage = storage
        self._device = device.encode() + b"\x00"
        self._used = 1  # the place in use; the first record then goes to place 0
        self._sequence = 0
        self._staged: "Record | None" = None
        self._refused: "Record | None" = None
        self._is_loaded = False

    def load(self) -> Found:
        """What is on flash, at a start. Raises StorageFailed."""
        found = Found()
        records = [self._read(place) for place in _PLACES]
        found.refused = self._refused = self._read(_REFUSED)
        kept = [r for r in records if r and r.state in (APPLIED, CONFIRMED) and not self._is_withdrawn(r)]
        kept.sort(key=lambda record: -record.sequence)
        if kept:
            found.current = kept[0]
            self._used = records.index(kept[0])
        if len(kept) > 1:
            found.previous = kept[1]
        for record in records:
            if record and record.state == TRIAL and not self._is_decided(record):
                found.lost_trial = record
        self._sequence = max([r.sequence for r in records + [self._refused] if r] + [0])
        self._is_loaded = True
        return found

    def stage(self, state: int, epoch: int, rev: int, payload: bytes) -> None:
        """Writes a document beside the one in use. Raises StorageFailed, and then leaves nothing of it."""
        self._need_load((epoch, rev))
        self._staged = self._record(state, epoch, rev, payload)
        try:
            self._write(_PLACES[1 - self._used], self._staged)
        except StorageFailed:
            self._drop(_PLACES[1 - self._used])  # it may be there all the same, and was never in use
            raise

    def keep(self) -> None:
        """The staged document is the one in use from now on."""
        self._used = 1 - self._used
        self._staged = None

    def confirm(self) -> None:
        """The staged trial has passed. Raises StorageFailed."""
        staged = self._staged
        assert staged is not None
        self._write(_PLACES[1 - self._used], self._record(CONFIRMED, staged.epoch, staged.rev, staged.payload))
        self.keep()

    def go_back(self) -> None:
        """At a start: the document before the newest is the one in use, since the newest does not work any more."""
        self._used = 1 - self._used

    def refuse(self, state: int, epoch: int, rev: int, payload: bytes) -> None:
        """Remembers that a document was refused; then drops it where it is on flash. Raises StorageFailed."""
        self._need_load(None)
        known, place = self._refused, _PLACES[1 - self._used]
        beside = self._read(place)
        if beside and beside.order != (epoch, rev) and self._is_withdrawn(beside):
            self._store(place, bytes(_HEAD_BYTES))  # what kept it out is about to be overwritten
        try:
            if not known or (known.state, known.order, known.payload) != (state, (epoch, rev), payload):
                self._refused = self._record(state, epoch, rev, payload)
                self._write(_REFUSED, self._refused)
        finally:
            if beside and beside.order == (epoch, rev):
                self._store(place, bytes(_HEAD_BYTES))
            self._staged = None

    def _need_load(self, order: "tuple[int, int] | None") -> None:
        """A flash that could not be read at the start is read before anything is written over what is there.

        Raises StorageFailed where that fails again, or where it holds what is not older than `order`.
        """
        if self._is_loaded:
            return
        current = self.load().current
        if current and order is not None and current.order >= order:
            raise StorageFailed(
                "the flash could not be read at the start, and holds a newer document; restart the board"
            )

    def _drop(self, place: str) -> None:
        try:
            self._store(place, bytes(_HEAD_BYTES))
        except StorageFailed:
            pass  # the failure before this one is what is told

    def _is_withdrawn(self, record: Record) -> bool:
        """Whether the power failed between a refusal and the dropping of what was refused."""
        refused = self._refused
        return bool(refused and refused.sequence > record.sequence and refused.order == record.order)

    def _is_decided(self, trial: Record) -> bool:
        return bool(self._refused and self._refused.sequence > trial.sequence)

    def _record(self, state: int, epoch: int, rev: int, payload: bytes) -> Record:
        self._sequence += 1
        return Record(self._sequence, state, epoch, rev, payload)

    def _write(self, place: str, record: Record) -> None:
        head = struct.pack(_HEAD, _MAGIC, record.sequence, record.state, record.epoch, record.rev, len(record.payload))
        self._store(place, head + self._hash(head, record.payload) + record.payload)

    def _store(self, place: str, data: bytes) -> None:
        try:
            self._storage.write(place, data)
            for start in range(0, len(data), _COMPARED):
                piece = data[start : start + _COMPARED]
                if self._storage.read(place, start, len(piece)) != piece:
                    raise StorageFailed("the flash did not keep what was written")
        except (OSError, MemoryError) as error:
            raise StorageFailed("the flash did not take a write: " + str(error))

    def _read(self, place: str) -> "Record | None":
        """The record at a place; None where none is, or a damaged one."""
        try:
            head = self._storage.read(place, 0, _HEAD_BYTES)
            if len(head) < _HEAD_BYTES or head[:4] != _MAGIC:
                return None
            _, sequence, state, epoch, rev, length = struct.unpack(_HEAD, head)
            if state not in MEANINGS or length > MAX_RECORD:
                return None
            hashed = self._storage.read(place, _HEAD_BYTES, _HASH_BYTES)
            payload = self._storage.read(place, _HEAD_BYTES + _HASH_BYTES, length)
        except (OSError, MemoryError) as error:
            raise StorageFailed("the flash cannot be read: " + str(error))
        return Record(sequence, state, epoch, rev, payload) if hashed == self._hash(head, payload) else None

    def _hash(self, head: bytes, payload: bytes) -> bytes:
        """Over the device's id too: another device's files are no configuration for this one."""
        digest = hashlib.sha256(self._device)
        digest.update(head)
        digest.update(payload)
        return digest.digest()

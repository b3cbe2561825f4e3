"""Slots: two copies of the configuration on flash, so that power may fail at any write. Nothing else writes it.

A record is written into the slot that is not in use, synced, and read back. Which one is in use follows from what the
records say; there is no pointer to switch and no rename. Two more places, written in turn, remember the last
refusals, so that a document which was refused once is not tried again after a restart.
"""

import hashlib
import struct

# What a record is: a trial is over when it is found at a start; the next two are in use, the last two refused.
TRIAL, APPLIED, CONFIRMED, REJECTED, ROLLED_BACK = range(1, 6)

_SLOTS = ("slot-0", "slot-1")
_REFUSALS = ("refused-0", "refused-1")

_MAGIC = b"hng1"  # the format; another format gets another one
_HEAD = ">4sIBIQI"  # magic, sequence, state, epoch, rev, bytes of payload
_HEAD_BYTES = struct.calcsize(_HEAD)
_HASH_BYTES = 32
MAX_RECORD = _HEAD_BYTES + _HASH_BYTES + 9 * 1024  # bytes; a document of 8 KiB, its signature and room
_FULL = 28  # ENOSPC
_UNREADABLE = "the flash cannot be read: "


class StorageFailed(Exception):
    """The flash did not keep what was written to it."""


class Record:
    """What one place on flash holds. Its payload of `length` bytes, `mac` and `doc` in a slot, a report's errors in a
    refusal, stays there: Slots.payload reads it.
    """

    def __init__(self, place: str, sequence: int, state: int, epoch: int, rev: int, length: int) -> None:
        self.place = place
        self.sequence = sequence
        self.state = state
        self.epoch = epoch
        self.rev = rev
        self.length = length

    @property
    def order(self) -> "tuple[int, int]":
        """By which a newer document is told from an older one."""
        return self.epoch, self.rev

    def head(self) -> bytes:
        """The bytes that a place begins with."""
        return struct.pack(_HEAD, _MAGIC, self.sequence, self.state, self.epoch, self.rev, self.length)


class Slots:
    """`storage` has `read(place, start, count)`, which gives fewer bytes where there are no more, `pieces` of the same
    arguments, which gives them a few at a time, `write(place, *parts)`, which puts the parts there one after another,
    and `drop(place)`, after which nothing or zeros are there. The last two are durable when they return. All may raise
    OSError.
    """

    def __init__(self, storage, device: str) -> None:
        self._storage = storage
        self._device = device.encode() + b"\x00"
        self._used = 1  # the slot in use; the first record then goes to slot 0
        self._sequence = 0
        self._staged: "Record | None" = None
        self._refused: "list[Record]" = []  # the newest first
        self._is_loaded = False

    def load(self):
        """What is on flash, at a start, as found.py has it. Raises StorageFailed."""
        from henge_agent.found import Found  # for a moment, as passing.py says

        damage: "list[str]" = []
        records = [self._read(place, damage) for place in _SLOTS + _REFUSALS]
        found = Found(records[:2], records[2:], damage)
        self._refused, self._used, self._sequence = found.refusals, found.used, found.sequence
        self._is_loaded = True
        return found

    def in_use(self) -> "Record | None":
        """The document that was kept last. Raises StorageFailed."""
        record = self._read(_SLOTS[self._used], [])
        return record if record and is_kept(record) else None

    def payload(self, record: Record, start: int, count: int) -> bytes:
        """Of what a record holds, `count` bytes from `start` on. Raises StorageFailed."""
        return self._bytes(record.place, _HEAD_BYTES + _HASH_BYTES + start, min(count, record.length - start))

    def stage(self, state: int, epoch: int, rev: int, *parts: bytes) -> None:
        """Writes a document beside the one in use. Raises StorageFailed, and then leaves nothing of it."""
        self._need_load((epoch, rev))
        place = _SLOTS[1 - self._used]
        self._staged = None
        try:
            self._staged = self._write(place, state, epoch, rev, parts)
        except StorageFailed:
            try:
                self._drop(place)  # it may be there all the same, and was never in use
            except StorageFailed:
                pass  # the failure before this one is what is told
            raise

    def keep(self) -> None:
        """The staged document is the one in use from now on."""
        self._used = 1 - self._used
        self._staged = None

    def confirm(self) -> None:
        """The staged trial has passed. Raises StorageFailed."""
        staged = self._staged
        assert staged is not None
        if self._read(staged.place, []) is None:
            raise StorageFailed("the trial is not whole on the flash any more")
        self._write(staged.place, CONFIRMED, staged.epoch, staged.rev, list(self._pieces(staged)))
        self.keep()

    def go_back(self) -> None:
        """At a start: the document before the newest is the one in use, since the newest does not work any more."""
        self._used = 1 - self._used

    def refuse(self, state: int, epoch: int, rev: int, payload: bytes) -> None:
        """Remembers that a document was refused; then drops it where it is on flash. Raises StorageFailed."""
        self._need_load(None)
        place = _SLOTS[1 - self._used]
        beside = self._read(place, [])
        if beside and beside.order != (epoch, rev) and is_withdrawn(beside, self._refused):
            self._drop(place)  # what kept it out may be about to be overwritten
        try:
            self._remember(state, epoch, rev, payload)
        finally:
            if beside and beside.order == (epoch, rev):
                self._drop(place)
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

    def _remember(self, state: int, epoch: int, rev: int, payload: bytes) -> None:
        """Writes a refusal into the place that has not the last one; nothing where it is that one already."""
        last = self._refused[0] if self._refused else None
        if last and (last.state, last.order) == (state, (epoch, rev)) and self.payload(last, 0, last.length) == payload:
            return
        place = _REFUSALS[1] if last and last.place == _REFUSALS[0] else _REFUSALS[0]
        refused = self._write(place, state, epoch, rev, (payload,))
        self._refused = [refused, last] if last else [refused]

    def _write(self, place: str, state: int, epoch: int, rev: int, parts) -> Record:
        """A record that is on flash when this returns: written, read back, its hash right."""
        self._sequence += 1
        record = Record(place, self._sequence, state, epoch, rev, sum(len(part) for part in parts))
        head = record.head()
        try:
            self._storage.write(place, head, self._hash(head, parts), *parts)
        except (OSError, MemoryError) as error:
            raise StorageFailed(_why(error))
        kept = self._read(place, [])
        if not kept or kept.sequence != record.sequence:
            raise StorageFailed("the flash did not keep what was written")
        return record

    def _drop(self, place: str) -> None:
        try:
            self._storage.drop(place)
        except (OSError, MemoryError) as error:
            raise StorageFailed(_why(error))
        if any(self._bytes(place, 0, _HEAD_BYTES)):
            raise StorageFailed("the flash kept what was dropped")

    def _read(self, place: str, damage: "list[str]") -> "Record | None":
        """The record at a place; None where none is, or a damaged one, which is then named in `damage`."""
        begin = self._bytes(place, 0, _HEAD_BYTES + _HASH_BYTES)
        head, hashed = begin[:_HEAD_BYTES], begin[_HEAD_BYTES:]
        if not any(head):
            return None  # never written, or dropped
        if len(head) == _HEAD_BYTES and head[:4] == _MAGIC:
            record = Record(place, *struct.unpack(_HEAD, head)[1:])
            if TRIAL <= record.state <= ROLLED_BACK and record.length <= MAX_RECORD:
                if hashed == self._hash(head, self._pieces(record)):
                    return record
        damage.append(place + " was damaged")
        return None

    def _pieces(self, record: Record):
        """What a record holds, piece by piece: a board need not find room for the whole, which may be 8 KiB."""
        try:
            for piece in self._storage.pieces(record.place, _HEAD_BYTES + _HASH_BYTES, record.length):
                yield piece
        except (OSError, MemoryError) as error:
            raise StorageFailed(_UNREADABLE + str(error))

    def _bytes(self, place: str, start: int, count: int) -> bytes:
        try:
            return self._storage.read(place, start, count)
        except (OSError, MemoryError) as error:
            raise StorageFailed(_UNREADABLE + str(error))

    def _hash(self, head: bytes, parts) -> bytes:
        """Over the device's id too: another device's files are no configuration for this one."""
        digest = hashlib.sha256(self._device)
        digest.update(head)
        for part in parts:
            digest.update(part)
        return digest.digest()


def is_kept(record: Record) -> bool:
    """Whether a document is in use, or was."""
    return record.state in (APPLIED, CONFIRMED)


def is_withdrawn(record: Record, refusals: "list[Record]") -> bool:
    """Whether the power failed between a refusal and the dropping of what was refused."""
    return any(r.sequence > record.sequence and r.order == record.order for r in refusals)


def _why(error: Exception) -> str:
    if getattr(error, "errno", None) == _FULL:
        return "the flash is full: remove files from the board that are not the agent's"
    return "the flash did not take a write: " + str(error)

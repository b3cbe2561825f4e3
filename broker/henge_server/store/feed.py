"""The feed: the change feed as it is read, with its newest part in memory, and what of it may be forgotten.

Push and watch read what was just written: they find it here, not on disk. Numbers go on from the newest record on disk,
which is never forgotten, so none is given twice.
"""

from collections.abc import Iterator

from henge_server.errors import HistoryGone
from henge_server.models import Change
from henge_server.store import layout
from henge_server.store.snapshot import Snapshot

# Changes kept in memory, at least: a thousand boards that each get a revision and report it. About 1 kB each.
_TAIL_CHANGES = 2048

# Records forgotten with a commit. A commit adds one, so two would keep up; a few more catch up after a time without
# writes, and are too few for anybody to notice.
_FORGET_RECORDS = 8


class Feed:
    """`keep_ms`: for how long a change can be read. It may stay longer, on a server with nothing to write."""

    def __init__(self, keep_ms: int) -> None:
        self.last_seq = 0
        self._keep_ms = keep_ms
        self._tail: list[Change] = []
        self._oldest_at = 0  # when the oldest record was committed, or earlier (ms)

    def load(self, snapshot: Snapshot) -> None:
        """Goes on from what is on disk."""
        self._tail = []
        found = snapshot.newest(layout.FEED)
        self.last_seq = _last_seq(*found) if found else 0

    def extend(self, changes: list[Change]) -> None:
        """Takes in what was committed."""
        self._tail += changes
        self.last_seq = changes[-1].seq
        if len(self._tail) > 2 * _TAIL_CHANGES:  # twice, so that the list is not copied at every commit
            del self._tail[:-_TAIL_CHANGES]

    def in_memory(self, after: int, limit: int) -> list[Change] | None:
        """The changes above `after`; None where they are on disk only. Raises HistoryGone for numbers to come."""
        if after > self.last_seq:
            raise HistoryGone(f"The change feed ends at {self.last_seq}, before {after}: read everything again.")
        if after == self.last_seq:
            return []
        if not self._tail or after + 1 < self._tail[0].seq:
            return None
        start = after + 1 - self._tail[0].seq
        return self._tail[start : start + limit]

    def on_disk(self, snapshot: Snapshot, after: int, limit: int) -> list[Change]:
        """The changes above `after`. Raises HistoryGone where some of them were forgotten."""
        found = snapshot.newest_at_most(layout.FEED, after + 1)
        if found is None:
            raise HistoryGone(f"The change feed no longer goes back to {after}: read everything again.")
        result: list[Change] = []
        for key, value in snapshot.upwards(found, layout.FEED):
            last = min(self.last_seq, after + limit)
            result += _changes(key, value, after + 1, last)
            if result and result[-1].seq == last:
                break
        return result

    def forgettable(self, snapshot: Snapshot, now: int) -> list[bytes]:
        """Keys of the oldest records that may go at `now` (ms): some of them, and never the newest."""
        horizon = now - self._keep_ms
        keys: list[bytes] = []
        if self._oldest_at >= horizon:
            return keys
        for key, value in snapshot.upwards(layout.FEED, layout.FEED):
            self._oldest_at = layout.decode_plain(value)[0]
            if self._oldest_at >= horizon or len(keys) == _FORGET_RECORDS:
                return keys
            keys.append(key)
        return keys[:-1]


def _last_seq(key: bytes, value: bytes) -> int:
    return layout.last_number(key) + len(layout.decode_plain(value)[1]) - 1


def _changes(key: bytes, value: bytes, first: int, last: int) -> Iterator[Change]:
    """The changes of one record from `first` to `last`; their numbers follow from its key."""
    start = layout.last_number(key)
    encoded = layout.decode_plain(value)[1]
    for seq in range(max(first, start), min(last, start + len(encoded) - 1) + 1):
        yield layout.decode(Change, encoded[seq - start]).model_copy(update={"seq": seq})

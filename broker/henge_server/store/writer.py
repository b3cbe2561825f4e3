"""The writer: the one thread that changes the store. It makes a batch durable, or says why it is not.

A commit waits for the disk, so it never runs on the event loop. Everything was decided and encoded before: the engine
lets go of the interpreter lock at every call and a busy event loop is slow to give it back, so this thread makes few.
"""

import errno
import os
import queue
import threading
from collections.abc import Callable

import lmdb

from henge_server.errors import HengeError, StoreFull, StoreUnavailable
from henge_server.store.batch import Batch

Finished = Callable[[HengeError | None], None]

# A disk that fills up in the middle of a write gives the engine a short one, which it reports as an input/output error.
# With less room than this (bytes; more than the few pages of a small commit) the disk is what it was about.
_NO_ROOM = 1 << 20

_DISK_FULL = "The disk of the store is full; nothing was changed. Make room on it and try again."
_MAP_FULL = "The store has reached its largest size; nothing was changed. Raise store_max_bytes and restart the server."


class Writer:
    """Commits one batch after the other. `post` carries an answer to the event loop: `loop.call_soon_threadsafe`."""

    def __init__(self, post: Callable[..., object]) -> None:
        self._post = post
        self._queue: queue.SimpleQueue[tuple[lmdb.Environment, Batch, Finished] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="henge-store", daemon=True)
        self._thread.start()

    def commit(self, env: lmdb.Environment, batch: Batch, finished: Finished) -> None:
        """Calls `finished` through `post` with None once the batch is on disk, else with why nothing of it is."""
        self._queue.put((env, batch, finished))

    def stop(self) -> None:
        """Ends the thread after what it was given; blocks until then."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            env, batch, finished = job
            try:
                self._post(finished, _commit(env, batch))
            except RuntimeError:
                return  # the event loop was closed: nobody is left to be told, and no more will come


def _commit(env: lmdb.Environment, batch: Batch) -> HengeError | None:
    """None once the batch is durable."""
    try:
        with env.begin(write=True) as txn:
            _apply(txn, batch)
        return None
    except Exception as error:  # whatever it was, the waiters have to be told
        if getattr(error, "code", None) == errno.EIO and _room(env) < _NO_ROOM:
            return StoreFull(_DISK_FULL)
        return translate(error)


def _room(env: lmdb.Environment) -> int:
    """Bytes that the store may still take from its disk."""
    disk = os.statvfs(env.path())
    return disk.f_bavail * disk.f_frsize


def _apply(txn: lmdb.Transaction, batch: Batch) -> None:
    with txn.cursor() as cursor:
        for prefix in batch.removed_prefixes:
            found = cursor.set_range(prefix)
            while found and bytes(cursor.key()).startswith(prefix):
                cursor.delete()
                # After a deletion the cursor stands on the next key, if there is one.
                found = bool(cursor.key())
        for key in batch.removed_keys:
            txn.delete(key)
        # In the order of keys: neighbours share pages.
        cursor.putmulti(sorted(batch.puts.items()))


def translate(error: Exception) -> HengeError:
    """What a failure of the engine means to the caller of the store."""
    if isinstance(error, HengeError):
        return error
    if isinstance(error, lmdb.MapFullError):
        return StoreFull(_MAP_FULL)
    code = getattr(error, "code", None) or getattr(error, "errno", None)
    if isinstance(error, lmdb.DiskError) or code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(_DISK_FULL)
    return StoreUnavailable(f"The store failed: {error}. Look after its disk.")

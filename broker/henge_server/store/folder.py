"""The folder of a store: made for its owner only, held by one server at a time, opened if it can be read."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import lmdb

from henge_server.errors import CannotStart
from henge_server.store import layout

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_LOCK_NAME = "server.lock"
_DATA_NAME = "data.mdb"  # LMDB's name for it

_PUT_BACK = (
    "Put a copy of the folder back, made while no server used it. To begin anew instead, move the whole data folder "
    "away; every board has to be added again then."
)

# py-lmdb carries two engines whose files differ. 0.9 is the one with fifteen years of power cuts behind it; naming it
# means that no setting of the environment and no later default changes what is written.
_ENGINE = 0

# A program that reads everything in the folder that it is given.
_READ_ALL = f"""
import sys, lmdb
with lmdb.open(sys.argv[1], readonly=True, lock=False, lib_version={_ENGINE}) as env, env.begin() as txn:
    for _ in txn.cursor():
        pass
"""

# One for each read transaction that is kept for the next read; reads do not overlap.
_SPARE_TXNS = 2


class FolderLock:
    """Holds a folder for this process. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Raises CannotStart where another process holds it, or where nothing can be written."""
        try:
            self._descriptor = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        except OSError as error:
            raise CannotStart(f"The store's folder {folder} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 20).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise CannotStart(
                f"{folder} is in use by another henge server (process {holder or 'unknown'}). "
                "Stop it, or choose another folder."
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        os.close(self._descriptor)


def make_folder(folder: Path) -> None:
    """Raises CannotStart where it cannot be made."""
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The store's folder {folder} cannot be made: {error.strerror}.") from error


def open_environment(
    folder: Path, max_bytes: int, now: int, may_make: bool, is_known: bool = False
) -> tuple[lmdb.Environment, int]:
    """The environment of a folder, and the epoch of its store, which is made at `now` (ms) where there is none and it
    `may_make` one. One that `is_known` was looked over when it was first opened.

    Raises CannotStart where this server cannot read what is there.
    """
    if not may_make and not _has_data(folder):
        raise _lost(folder)
    try:
        env = lmdb.open(
            str(folder),
            map_size=max_bytes,
            mode=_FILE_MODE,
            lib_version=_ENGINE,
            max_spare_txns=_SPARE_TXNS,
            readahead=False,  # small records all over the file: reading ahead fills memory with what nobody asked for
        )
    except (lmdb.Error, OSError) as error:
        raise CannotStart(f"The store in {folder} cannot be opened: {error}. {_what_to_do(error)}") from error
    try:
        if not is_known:
            _check_length(env, folder / _DATA_NAME)
        return env, _epoch(env, folder, now, may_make)
    except BaseException:
        env.close()
        raise


def _has_data(folder: Path) -> bool:
    """Whether anything was ever written there. LMDB takes an empty file for a store that is yet to be made."""
    data = folder / _DATA_NAME
    return data.exists() and data.stat().st_size > 0


def _lost(folder: Path) -> CannotStart:
    return CannotStart(f"The store in {folder} is empty, though there was one: what was in it is lost. {_PUT_BACK}")


def _what_to_do(error: Exception) -> str:
    if isinstance(error, (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError)):
        return f"It is damaged, or something else. {_PUT_BACK}"
    return "Its owner has to be the user that the server runs as, and its disk has to work."


def _check_length(env: lmdb.Environment, data: Path) -> None:
    """Raises CannotStart where the end of the file is missing.

    A file may be shorter than its pages are many, if nobody uses the last ones; LMDB cannot say which. So a process of
    its own reads everything once: where something is missing, that ends it (SIGBUS, or an assertion of LMDB's).
    """
    length = data.stat().st_size
    needed = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
    if length < needed and not _is_whole(data.parent):
        raise CannotStart(f"The store in {data.parent} is cut off: {length} bytes of {needed}. {_PUT_BACK}")


def _is_whole(folder: Path) -> bool:
    reader = subprocess.run([sys.executable, "-c", _READ_ALL, str(folder)], check=False, stderr=subprocess.DEVNULL)
    return reader.returncode == 0


def _epoch(env: lmdb.Environment, folder: Path, now: int, may_make: bool) -> int:
    try:
        with env.begin(write=True) as txn:
            if (meta := txn.get(layout.META)) is None:
                if not may_make:
                    raise _lost(folder)
                meta = layout.encode({"format": layout.FORMAT, "epoch": now // 1000 & 0xFFFFFFFF})
                txn.put(layout.META, meta)
            meta = _raised(txn, bytes(meta))
    except lmdb.Error as error:
        raise CannotStart(f"The store in {folder} cannot be written: {error}.") from error
    fields = layout.decode_plain(meta)
    if fields["format"] > layout.FORMAT:
        raise CannotStart(
            f"The store in {folder} was written by a newer henge server (format {fields['format']}; this one reads up "
            f"to {layout.FORMAT}). Install that version again, or restore a backup made before it."
        )
    return fields["epoch"]


def _raised(txn: lmdb.Transaction, meta: bytes) -> bytes:
    """Marks a store of an older format as one of this: what is written to it from now on, an older server cannot read.

    What is in it already is read as it stands.
    """
    fields = layout.decode_plain(meta)
    if fields["format"] >= layout.FORMAT:
        return meta
    raised = layout.encode({**fields, "format": layout.FORMAT})
    txn.put(layout.META, raised)
    return raised

"""Place: the folder that a demo lives in. Whether a demo still lives there is told by a lock, which ends with it.

A demo that was killed leaves its folder behind; the next one takes it away.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetctl.errors import Failed

_PREFIX = "henge-demo-"
_PROCESS = "demo.pid"  # in the folder: the process of the demo that lives there


@contextmanager
def folder(named: Path | None) -> Iterator[Path]:
    """The demo's folder: a new one that goes again, or the one that was named, which stays. Raises Failed."""
    if named is not None:
        named.mkdir(mode=0o700, parents=True, exist_ok=True)
        place, lock = named.absolute(), _locked(named)
        if lock is None:
            raise Failed(f"{named} is in use by a demo{of_process(named)}. End it first, or name another folder.")
    else:
        _sweep()
        place, lock = _new()
    try:
        (place / _PROCESS).write_text(f"{os.getpid()}\n")
        yield place
    finally:
        if named is None:
            shutil.rmtree(place, ignore_errors=True)
        else:
            (place / _PROCESS).unlink(missing_ok=True)
        os.close(lock)


def is_lived_in(place: Path) -> bool:
    """Whether a demo runs in that folder."""
    try:
        lock = _locked(place)
    except OSError:
        return False  # it is not there
    if lock is None:
        return True
    os.close(lock)
    return False


def of_process(place: Path) -> str:
    """` (process 4711)`: the demo that lives there; empty where it does not say."""
    try:
        return f" (process {int((place / _PROCESS).read_text())})"
    except (OSError, ValueError):
        return ""


def _new() -> tuple[Path, int]:
    """A folder and its lock."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _locked(made)
        if lock is not None and made.exists():
            return made, lock
        if lock is not None:
            os.close(lock)  # another demo has swept it away before it was locked


def _sweep() -> None:
    """Takes away what demos of this user have left that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if left.is_symlink() or left.stat().st_uid != os.geteuid():
                continue
            lock = _locked(left)
        except OSError:
            continue  # gone by now, or no folder
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _locked(place: Path) -> int | None:
    """The folder, open and locked; None where somebody else has locked it. Raises OSError where it cannot be opened."""
    lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock

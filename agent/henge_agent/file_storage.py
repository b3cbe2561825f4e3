"""FileStorage: files in the place of flash, on a PC or a Raspberry Pi, written so that power may fail at any moment.

What it does not rely on: that a file system keeps the order of writes, or writes a file whole.
"""

import os

from henge_agent.computer import sync_file, sync_folder
from henge_agent.slots import MAX_RECORD

_PADDING = bytes(512)  # a file is filled up in pieces, which a small heap has room for
_DROPPED = bytes(64)  # over the beginning of a record: enough that it is none any more
_MISSING = 2  # ENOENT
_PIECE = 1024  # bytes


class Disk:
    """What FileStorage needs of an operating system; all may raise OSError. fleetsim/disk.py has a simulated one."""

    mkdir = staticmethod(os.mkdir)
    remove = staticmethod(os.remove)
    sync_file = staticmethod(sync_file)
    sync_folder = staticmethod(sync_folder)

    def open(self, path: str, mode):
        """A file, as the built-in function opens it."""
        return open(path, mode)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""
        try:
            os.stat(path)
        except OSError as error:
            if error.errno == _MISSING:
                return False
            raise
        return True


class FileStorage:
    """One file for each place, of full size from the beginning: writing into it then changes no more than its bytes.

    `writes` counts them. Raises OSError where the folder cannot be made or written to: better now than at the first
    document.
    """

    def __init__(self, folder: str, disk=None) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self.writes = 0
        self._make_folder(folder)
        with self._disk.open(self._path("writable"), "wb"):
            pass
        self._disk.remove(self._path("writable"))

    def read(self, place: str, start: int, count: int) -> bytes:
        """`count` bytes of a file, or as many as there are; none where there is no file. Raises OSError."""
        try:
            with self._disk.open(self._path(place), "rb") as file:
                file.seek(start)
                return file.read(count)
        except OSError as error:
            if error.errno == _MISSING:
                return b""
            raise

    def pieces(self, place: str, start: int, count: int):
        """The same bytes a kibibyte at a time, from a file that is opened once. Raises OSError, also where none is."""
        with self._disk.open(self._path(place), "rb") as file:
            file.seek(start)
            for at in range(0, count, _PIECE):
                yield file.read(min(_PIECE, count - at))

    def write(self, place: str, *parts: bytes) -> None:
        """The parts, one after another; returns when they are on the disk. Raises OSError."""
        self.writes += 1
        path = self._path(place)
        is_new = not self._disk.exists(path)
        with self._disk.open(path, "wb" if is_new else "r+b") as file:
            for part in parts:
                file.write(part)
            if is_new:
                for _ in range(sum(len(part) for part in parts), MAX_RECORD, len(_PADDING)):
                    file.write(_PADDING)
            self._disk.sync_file(file)
        if is_new:
            self._disk.sync_folder(self._folder)

    def drop(self, place: str) -> None:
        """Zeros over the beginning of a file that is there, which a full disk takes, too. Raises OSError."""
        if self._disk.exists(self._path(place)):
            self.write(place, _DROPPED)

    def _path(self, place: str) -> str:
        return self._folder + "/" + place

    def _make_folder(self, path: str) -> None:
        """The folder with those above it; os.makedirs does not exist on MicroPython."""
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            part = "/".join(parts[:count])
            if part and not self._disk.exists(part):
                self._disk.mkdir(part)
                self._disk.sync_folder("/".join(parts[: count - 1]) or ("/" if path[0] == "/" else "."))

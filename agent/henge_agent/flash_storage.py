"""FlashStorage: a board's flash, in the file system that MicroPython puts there: LittleFS 2.

Closing a file there makes its content durable, all of it or none (littlefs' DESIGN.md, "Metadata pairs"), so nothing is
synced, renamed or filled up. Everything is made when it is needed: a board whose flash is full still starts.
"""

import os

_MISSING = 2  # ENOENT
_PIECE = 1024  # bytes


class FlashStorage:
    """One file for each place, in `folder`. `writes` counts what wore the flash."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.writes = 0

    def read(self, place: str, start: int, count: int) -> bytes:
        """`count` bytes of a file, or as many as there are; none where there is no file. Raises OSError."""
        try:
            with open(self._folder + "/" + place, "rb") as file:
                file.seek(start)
                return file.read(count)
        except OSError as error:
            if error.errno == _MISSING:
                return b""
            raise

    def pieces(self, place: str, start: int, count: int):
        """The same bytes a kibibyte at a time, from a file that is opened once. Raises OSError, also where none is."""
        with open(self._folder + "/" + place, "rb") as file:
            file.seek(start)
            for at in range(0, count, _PIECE):
                yield file.read(min(_PIECE, count - at))

    def write(self, place: str, *parts: bytes) -> None:
        """The parts, one after another, in the place of what was there. Raises OSError, and then keeps the old."""
        self.writes += 1
        try:
            os.mkdir(self._folder)
        except OSError:
            pass  # it is there, or what is wrong is said in a moment
        with open(self._folder + "/" + place, "wb") as file:
            for part in parts:
                file.write(part)

    def drop(self, place: str) -> None:
        """Removes the file, which a full file system still does. Raises OSError."""
        self.writes += 1
        try:
            os.remove(self._folder + "/" + place)
        except OSError as error:
            if error.errno != _MISSING:
                raise

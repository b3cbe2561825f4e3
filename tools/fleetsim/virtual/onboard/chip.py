"""A virtual board's flash chip: a file on the computer, as a block device that LittleFS mounts.

Every erase and every program is one write to that file: when the interpreter is killed, the file holds what a chip
would hold when its power fails, up to the operation that was under way. It tears no operation: fleetsim/flash.py does.
"""

import time

BLOCK_BYTES = 4096  # what is erased at once on both boards
_ERASED = b"\xff" * BLOCK_BYTES
_COUNT, _SIZE, _ERASE = 4, 5, 6  # what ioctl is asked for (vfs.AbstractBlockDev)
# Winbond W25Q32JV, data sheet section 9.6, typical: Sector Erase 45 ms, Page Program (256 bytes) 0.4 ms.
_ERASE_US, _PROGRAM_US = 45000, 400


class Chip:
    """`path` is a file of whole blocks. With `slow` an erase and a program take as long as on a real chip."""

    def __init__(self, path: str, slow: bool) -> None:
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // BLOCK_BYTES
        self._slow = slow

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Fills `buffer` from `offset` of a block on."""
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)  # type: ignore[attr-defined]

    def writeblocks(self, block: int, data: bytes, offset: "int | None" = None) -> None:
        """Programs `data`; without an `offset` the blocks are erased before."""
        if offset is None:
            for number in range(block, block + len(data) // BLOCK_BYTES):
                self._change(number * BLOCK_BYTES, _ERASED, _ERASE_US)
        self._change(block * BLOCK_BYTES + (offset or 0), data, _PROGRAM_US)

    def ioctl(self, what: int, argument: int) -> "int | None":
        """As MicroPython's block devices answer: 4 the blocks, 5 their size, 6 erases one; 0 for all else."""
        if what == _COUNT:
            return self._blocks
        if what == _SIZE:
            return BLOCK_BYTES
        if what == _ERASE:
            self._change(argument * BLOCK_BYTES, _ERASED, _ERASE_US)
        return 0

    def _change(self, start: int, data: bytes, duration_us: int) -> None:
        self._file.seek(start)
        self._file.write(data)
        if self._slow:  # a busy loop: a sleep is where Ctrl-C gets in, and it must not in the middle of LittleFS
            began = time.ticks_us()  # type: ignore[attr-defined]
            while time.ticks_diff(time.ticks_us(), began) < duration_us:  # type: ignore[attr-defined]
                pass

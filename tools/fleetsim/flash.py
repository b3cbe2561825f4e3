"""Flash: a board's flash chip as a block device that LittleFS mounts, whose power can fail at any erase or program.

It runs under MicroPython, where `vfs.VfsLfs2` takes it (the extended interface of vfs.AbstractBlockDev), and counts
what wears a chip out. It refuses to program what was not erased; after a power cut it does nothing, and says so with an
error code: an exception would leave LittleFS with open files that MicroPython closes where it cannot be told.
"""

from array import array

BLOCK_BYTES = 4096  # what is erased at once on both boards
ESP32_BYTES = 2048 * 1024  # MicroPython's partition `vfs` on an ESP32 with 4 MiB
PICO_W_BYTES = 848 * 1024  # what rp2.Flash() leaves for files on a Pico W

_ERASED = b"\xff"
_DEAD = -5  # EIO
_HALF_CHANGED = 8  # bytes at the edge of a torn operation that are neither the old nor the new
_SYNC, _COUNT, _SIZE, _ERASE = 3, 4, 5, 6  # what ioctl is asked for


class NotErased(Exception):
    """A program over bytes that were not erased: a real chip would keep neither the old nor the new."""


class Flash:
    """`image` has all the bytes of the chip, and is changed in place: `erased(size)`, a memoryview of others, or a file
    of a FileImage.

    `operations` counts erases and programs, `erases` and `programs` by block.
    """

    def __init__(self, image) -> None:
        self.image = image
        blocks = len(image) // BLOCK_BYTES
        self.erases = array("I", [0] * blocks)
        self.programs = array("I", [0] * blocks)
        self.operations = 0
        self.is_dead = False
        self._cut_at = 0
        self._seed: "int | None" = None

    def cut(self, after: int, seed: "int | None" = None) -> None:
        """The power fails after so many more operations; with a seed, in the midst of the one that follows."""
        self._cut_at = self.operations + after + 1
        self._seed = seed

    def again(self) -> "Flash":
        """The chip when the power is back, with all that was counted. The old object stays dead, as are files on it."""
        flash = Flash(self.image)
        flash.erases, flash.programs, flash.operations = self.erases, self.programs, self.operations
        self.is_dead = True
        return flash

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> int:
        """Fills `buffer` from `offset` of a block on; 0, or -5 (EIO) when the chip is dead."""
        if self.is_dead:
            return _DEAD
        start = block * BLOCK_BYTES + offset
        buffer[:] = self.image[start : start + len(buffer)]
        return 0

    def writeblocks(self, block: int, data: bytes, offset: "int | None" = None) -> int:
        """Programs `data`; without an `offset` the blocks are erased before. 0, or -5. Raises NotErased."""
        if offset is None:
            for number in range(block, block + len(data) // BLOCK_BYTES):
                self._erase(number)
        start = block * BLOCK_BYTES + (offset or 0)
        if not self.is_dead and self.image[start : start + len(data)] != _ERASED * len(data):
            raise NotErased("block {}, offset {}".format(block, offset))
        return self._change(self.programs, start, data)

    def ioctl(self, what: int, argument: int) -> int:
        """As MicroPython's block devices answer: 4 the blocks, 5 their size, 6 erases one; 0 for all else."""
        if what == _COUNT:
            return len(self.image) // BLOCK_BYTES
        if what == _SIZE:
            return BLOCK_BYTES
        return self._erase(argument) if what == _ERASE else 0

    def _erase(self, block: int) -> int:
        return self._change(self.erases, block * BLOCK_BYTES, _ERASED * BLOCK_BYTES)

    def _change(self, counts, start: int, data: bytes) -> int:
        """One operation, or what the power leaves of it."""
        if self.is_dead:
            return _DEAD
        self.operations += 1
        counts[start // BLOCK_BYTES] += 1
        if self.operations == self._cut_at:
            self.is_dead = True
            if self._seed is not None:
                self._tear(start, data)
            return _DEAD
        self.image[start : start + len(data)] = data
        return 0

    def _tear(self, start: int, data: bytes) -> None:
        """The first bytes are as they should be, the next few half changed, the others as before."""
        chance = ((self._seed or 0) * 1103515245 + self.operations * 12345 + 1) & 0x7FFFFFFF
        whole = chance // 7 % len(data)
        left = bytearray(data[: whole + _HALF_CHANGED])
        before = self.image[start : start + len(left)]
        for at in range(whole, len(left)):
            chance = (chance * 1103515245 + 12345) & 0x7FFFFFFF
            bits = chance >> 16 & 0xFF  # those that had changed already
            left[at] = before[at] & ~bits & 0xFF | data[at] & bits
        self.image[start : start + len(left)] = left


class FileImage:
    """The bytes of a chip in a file, for a board that is a process: they outlive its end at any moment.

    A file that is missing is made with `size` bytes, all erased. Raises OSError.
    """

    def __init__(self, path: str, size: int = ESP32_BYTES) -> None:
        try:
            self._file = open(path, "r+b")
        except OSError:
            with open(path, "wb") as file:
                for _ in range(size // BLOCK_BYTES):
                    file.write(_ERASED * BLOCK_BYTES)
            self._file = open(path, "r+b")
        self._size = self._file.seek(0, 2)

    def close(self) -> None:
        """The file is not needed any more."""
        self._file.close()

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        self._file.seek(part.start)
        return self._file.read(part.stop - part.start)

    def __setitem__(self, part: slice, data: bytes) -> None:
        self._file.seek(part.start)
        self._file.write(data)  # MicroPython holds nothing back


def erased(size: int) -> bytearray:
    """The bytes of a new chip."""
    image = bytearray(size)
    erase(image)
    return image


def erase(image) -> None:
    """Makes these bytes those of a new chip, wherever they lie."""
    for start in range(0, len(image), BLOCK_BYTES):
        image[start : start + BLOCK_BYTES] = _ERASED * BLOCK_BYTES

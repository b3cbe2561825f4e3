"""The ground that the power-cut tests stand on: a file system over something whose power can fail, by name.

Each ground gives the agent's own storage class for it: nothing here stands between the agent and the simulated medium.
"""

import gc

from fleetsim.disk import PowerCut, SimulatedDisk
from fleetsim.flash import BLOCK_BYTES, Flash, erase
from henge_agent.file_storage import FileStorage
from henge_agent.flash_storage import FlashStorage

try:
    import vfs  # type: ignore[import-not-found]
except ImportError:
    vfs = None  # CPython, which has no LittleFS

if hasattr(gc, "threshold"):
    gc.threshold(8192)  # type: ignore[attr-defined]  # as on a board: a chip of 192 KiB lies in the heap in one piece

_BYTES = 48 * BLOCK_BYTES  # a small chip, so that its blocks are used again and again
_COPIES = 4  # of a chip that are kept outside the heap: the one that is opened, one that is made, and two to spare
_TOP = "/power"
_MARK = b"what others have on the flash"


class Heap:
    """Where the bytes of a chip lie, and those that are kept of it."""

    def chip(self):
        """Those of a chip, whatever is in them."""
        return bytearray(_BYTES)

    def copy(self, image):
        """For longer than the chip is there."""
        return bytes(image)


class Outside:
    """The same in `memory` that a small board has beside its heap: one chip at a time, and the last few copies."""

    def __init__(self, memory) -> None:
        assert len(memory) >= (1 + _COPIES) * _BYTES
        self._memory = memoryview(memory)
        self._copies = 0

    def chip(self):
        return self._part(0)

    def copy(self, image):
        self._copies += 1
        part = self._part(1 + self._copies % _COPIES)
        part[:] = image
        return part

    def _part(self, number: int):
        return self._memory[number * _BYTES : (number + 1) * _BYTES]


class MortalStorage(FlashStorage):
    """A board's storage, and the end of the board when the chip under it is dead: it does not live to see an error."""

    def __init__(self, folder: str, medium: Flash) -> None:
        super().__init__(folder)
        self._medium = medium

    def write(self, place: str, *parts: bytes) -> None:
        self._live(lambda: FlashStorage.write(self, place, *parts))

    def drop(self, place: str) -> None:
        self._live(lambda: FlashStorage.drop(self, place))

    def _live(self, act) -> None:
        try:
            act()
        except OSError:
            if not self._medium.is_dead:
                raise
        if self._medium.is_dead:
            raise PowerCut()


class LittleFs:
    """LittleFS 2 on a flash chip, programmed in pieces of so many bytes. A cut is at an erase or a program."""

    tears_files = False  # closing a file is atomic: a start finds no damage

    def __init__(
        self, program_bytes: int, image: "bytes | memoryview | None" = None, where: "Heap | Outside | None" = None
    ) -> None:
        assert vfs is not None
        self._program_bytes = program_bytes
        self._where = where or Heap()
        chip = self._where.chip()
        if image is None:
            erase(chip)
        else:
            chip[:] = image
        self.medium = Flash(chip)
        if image is None:
            vfs.VfsLfs2.mkfs(self.medium, progsize=program_bytes)
        self._mount()
        if image is None:
            with open(_TOP + "/mark", "wb") as file:
                file.write(_MARK)

    def storage(self):
        """For one start."""
        return MortalStorage(_TOP + "/henge", self.medium)

    def image(self) -> "bytes | memoryview":
        """What is on the medium, for another ground of this kind."""
        return self._where.copy(self.medium.image)

    def power_returns(self) -> None:
        """Mounts what the cut has left. Raises OSError where that cannot be mounted."""
        self.end()
        self.medium = self.medium.again()
        self._mount()

    def is_whole(self) -> bool:
        """Whether what is not the agent's is as it was."""
        with open(_TOP + "/mark", "rb") as file:
            return file.read() == _MARK

    def end(self) -> None:
        vfs.umount(_TOP)  # type: ignore[union-attr]

    def _mount(self) -> None:
        vfs.mount(vfs.VfsLfs2(self.medium, progsize=self._program_bytes), _TOP)  # type: ignore[union-attr]


class PcFiles:
    """A PC's files. A cut is at a write, a sync or a name."""

    tears_files = True

    def __init__(self, image: "dict | None" = None, syncs: bool = True) -> None:
        self.medium = SimulatedDisk(image, syncs)

    def storage(self):
        """For one start."""
        return FileStorage("board/porch", self.medium)

    def image(self) -> dict:
        """What is on the medium, for another ground of this kind."""
        return self.medium.files()

    def power_returns(self) -> None:
        """The disk with what the cut has left."""
        self.medium = self.medium.again()

    def is_whole(self) -> bool:
        """There is nothing else on it."""
        return True

    def end(self) -> None:
        pass


class OneSlot:
    """A storage that keeps both slots in one place: a fault that the tests have to find."""

    def __init__(self, storage) -> None:
        self._storage = storage

    def read(self, place, start, count):
        return self._storage.read(place.replace("-1", "-0"), start, count)

    def pieces(self, place, start, count):
        return self._storage.pieces(place.replace("-1", "-0"), start, count)

    def write(self, place, *parts):
        self._storage.write(place.replace("-1", "-0"), *parts)

    def drop(self, place):
        self._storage.drop(place.replace("-1", "-0"))


GROUNDS: dict = {"files": PcFiles}
if vfs is not None:
    GROUNDS["lfs2-esp32"] = lambda image=None: LittleFs(32, image)
    GROUNDS["lfs2-pico"] = lambda image=None: LittleFs(256, image)


def lie_outside(memory) -> None:
    """Chips lie in this memory from now on, and their grounds have a name that says so."""
    where = Outside(memory)
    GROUNDS["lfs2-esp32-32-bits"] = lambda image=None: LittleFs(32, image, where)
    GROUNDS["lfs2-pico-32-bits"] = lambda image=None: LittleFs(256, image, where)
    for name in ("lfs2-esp32", "lfs2-pico"):
        GROUNDS.pop(name)

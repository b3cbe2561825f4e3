"""The ground that the power-cut tests stand on: a file system over something whose power can fail, by name.

Each ground gives the agent's own storage class for it: nothing here stands between the agent and the simulated medium.
"""

import gc

from fleetsim.disk import PowerCut, SimulatedDisk
from fleetsim.flash import BLOCK_BYTES, Flash, erased
from henge_agent.file_storage import FileStorage
from henge_agent.flash_storage import FlashStorage

try:
    import vfs  # type: ignore[import-not-found]
except ImportError:
    vfs = None  # CPython, which has no LittleFS

if hasattr(gc, "threshold"):
    gc.threshold(8192)  # type: ignore[attr-defined]  # as on a board: a chip of 192 KiB lies in the heap in one piece

_BLOCKS = 48  # of 4 KiB: a small chip, so that its blocks are used again and again
_TOP = "/power"
_MARK = b"what others have on the flash"


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

    def __init__(self, program_bytes: int, image: "bytes | None" = None) -> None:
        assert vfs is not None
        self._program_bytes = program_bytes
        self.medium = Flash(bytearray(image or erased(_BLOCKS * BLOCK_BYTES)))
        if image is None:
            vfs.VfsLfs2.mkfs(self.medium, progsize=program_bytes)
        self._mount()
        if image is None:
            with open(_TOP + "/mark", "wb") as file:
                file.write(_MARK)

    def storage(self):
        """For one start."""
        return MortalStorage(_TOP + "/henge", self.medium)

    def image(self) -> bytes:
        """What is on the medium, for another ground of this kind."""
        return bytes(self.medium.image)

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

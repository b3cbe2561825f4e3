"""The board that is a PC or a Raspberry Pi: files for flash, the network that the system has, a simulated LED and
thermometer.
"""

import hashlib
import os

from henge_agent.board import Board
from henge_agent.compat import open_stream, sync_file, sync_folder
from henge_agent.drivers.led import Led, Light
from henge_agent.drivers.thermometer import Thermometer
from henge_agent.slots import MAX_RECORD

_PADDING = bytes(512)  # a file is filled up in pieces, which a small heap has room for


class PcBoard(Board):
    """Keeps its files in `folder`, which is made where it is missing. Raises OSError where that cannot be."""

    name = "pc"
    reset_cause = "start"

    def __init__(self, folder: str, show=None) -> None:
        super().__init__()
        self.storage = FileStorage(folder)
        self.uid = _machine_id(folder)
        self._show = show

    async def connect(self, host: str, port: int, tls=None):
        """TCP, with TLS where there is a context for it; small packets go out at once."""
        return await open_stream(host, port, tls, no_delay=True)

    def drivers(self) -> list:
        """A lamp and a thermometer that are shown, not built in."""
        return [Led(SimulatedLight(self._show)), Thermometer(SimulatedSensor(self._show, self.chance))]


class FileStorage:
    """One file for each place, of full size from the beginning: writing into it then changes no more than its bytes.

    Raises OSError where the folder cannot be made or written to: better now than at the first document.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        _make_folder(folder)
        with open(self._path("writable"), "wb"):
            pass
        os.remove(self._path("writable"))

    def read(self, place: str, start: int, count: int) -> bytes:
        """`count` bytes of a file, or as many as there are; none where there is no file. Raises OSError."""
        try:
            with open(self._path(place), "rb") as file:
                file.seek(start)
                return file.read(count)
        except OSError as error:
            if _is_missing(error):
                return b""
            raise

    def write(self, place: str, data: bytes) -> None:
        """Returns when the bytes are on the disk. Raises OSError."""
        path = self._path(place)
        if not _exists(path):
            with open(path, "wb") as file:
                file.write(data)
                for _ in range(len(data), MAX_RECORD, len(_PADDING)):
                    file.write(_PADDING)
                sync_file(file)
            sync_folder(self._folder)
            return
        with open(path, "r+b") as file:
            file.write(data)
            sync_file(file)

    def _path(self, place: str) -> str:
        return self._folder + "/" + place


class SimulatedLight(Light):
    """`show.light(red, green, blue)` is told what a real one would be driven with."""

    def __init__(self, show) -> None:
        self._show = show

    def set(self, red: int, green: int, blue: int) -> None:
        """Takes 0..255 each."""
        if self._show:
            self._show.light(red, green, blue)


class SimulatedSensor:
    """A room: about 21 degrees, a little different at each reading. `chance()` gives 0 <= number < 1."""

    def __init__(self, show, chance) -> None:
        self._show = show
        self._chance = chance
        self._celsius = 21.0

    async def read(self) -> dict:
        """{"temperature": degrees Celsius, to a tenth}."""
        self._celsius += (self._chance() - 0.5) * 0.6 + (21.0 - self._celsius) * 0.05
        celsius = round(self._celsius, 1)
        if self._show:
            self._show.temperature(celsius)
        return {"temperature": celsius}


def _make_folder(path: str) -> None:
    """The folder with those above it; os.makedirs does not exist on MicroPython."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        part = "/".join(parts[:count])
        if part and not _exists(part):
            os.mkdir(part)
            sync_folder("/".join(parts[: count - 1]) or ("/" if path[0] == "/" else "."))


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        if _is_missing(error):
            return False
        raise
    return True


def _is_missing(error: OSError) -> bool:
    return error.errno == 2  # ENOENT


def _machine_id(folder: str) -> bytes:
    """Eight bytes that stay the same for this machine and folder, so that several boards on one machine differ."""
    digest = hashlib.sha256(folder.encode())
    try:
        with open("/etc/machine-id", "rb") as file:
            digest.update(file.read())
    except OSError:
        pass  # a container: the folder alone then
    return digest.digest()[:8]

"""The board that is a PC or a Raspberry Pi: files for flash, the network that the system has, a simulated LED and
thermometer.
"""

import hashlib

from henge_agent.board import Board
from henge_agent.compat import open_stream
from henge_agent.drivers.led import Led, Light
from henge_agent.drivers.thermometer import Thermometer
from henge_agent.file_storage import FileStorage


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


def _machine_id(folder: str) -> bytes:
    """Eight bytes that stay the same for this machine and folder, so that several boards on one machine differ."""
    digest = hashlib.sha256(folder.encode())
    try:
        with open("/etc/machine-id", "rb") as file:
            digest.update(file.read())
    except OSError:
        pass  # a container: the folder alone then
    return digest.digest()[:8]

"""WifiBoard: what all boards with MicroPython and Wi-Fi have in common: files on flash, Wi-Fi, watchdog, crash count.

What differs from chip to chip is in the board.py of each folder in firmware/.
"""

from henge_agent.board import Board
from henge_agent.compat import open_stream
from henge_agent.drivers.radio import Radio
from henge_agent.drivers.wifi import Wifi
from henge_agent.flash_storage import FlashStorage

_FOLDER = "/henge"


class WifiBoard(Board):
    """A chip has `_kept()` and `_keep(count)`, a small number that outlives every reset but not the loss of power, and
    `_watchdog()`, which starts the watchdog and gives what is fed.
    """

    def __init__(self, provision) -> None:
        self.storage = FlashStorage(_FOLDER)
        radio = Radio(provision.credential.device, provision.country, self._hold)
        self.wifi = Wifi(radio, provision.networks, provision.ntp)
        self._dog = None
        self._count_start()

    async def connect(self, host: str, port: int, tls=None):
        """Joins the Wi-Fi first. Raises OSError or ValueError."""
        await self.wifi.join()
        self._hold()  # a name server that does not answer blocks everything for seven seconds
        return await open_stream(host, port, tls, no_delay=True)

    def rssi(self) -> "int | None":
        return self.wifi.rssi()

    def feed(self) -> None:
        if self._dog is None:
            self._dog = self._watchdog()
        self._dog.feed()

    def _hold(self) -> None:
        """Before what blocks for seconds: the watchdog waits for its end, where it waits at all."""
        if self._dog:
            self._dog.feed()

    def settled(self) -> None:
        self._keep(0)

    def _count_start(self) -> None:
        """A start counts as a crash until it is settled, or until it ends by the loss of power or at the console."""
        kept = 0 if self.reset_cause == "power" else self._kept()
        if self.reset_cause in ("soft", "sleep"):
            kept = max(0, kept - 1)
        self.crashes = kept
        self._keep(kept + 1)

    def _kept(self) -> int:
        return 0

    def _keep(self, count: int) -> None:
        pass

    def _watchdog(self):
        raise NotImplementedError

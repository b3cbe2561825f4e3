"""WifiBoard: what all boards with MicroPython and Wi-Fi have in common: files on flash, Wi-Fi, watchdog, crash count.

What differs from chip to chip is in the board.py of each folder in firmware/.
"""

from henge_agent.board import Board
from henge_agent.clock import Clock
from henge_agent.compat import open_stream
from henge_agent.drivers.radio import Radio
from henge_agent.drivers.wifi import Wifi
from henge_agent.flash_storage import FlashStorage

_FOLDER = "/henge"
_DAY_MS, _AGAIN_MS = 86_400_000, 600_000  # until the time is asked for again: once it was told, and when it was not


class WifiBoard(Board):
    """A chip has `_kept()` and `_keep(count)`, a small number that outlives every reset but not the loss of power, and
    `_watchdog()`, which starts the watchdog and gives what is fed.
    """

    def __init__(self, provision) -> None:
        self.storage = FlashStorage(_FOLDER)
        self._radio = Radio(provision.credential.device, provision.country, self._hold)
        self.wifi = Wifi(self._radio, provision.networks)
        self._ntp = provision.ntp
        self._clock = Clock(self.ticks_ms, self.ticks_period)
        self._due_ms = 0  # when to ask for the time
        self._dog = None
        self._count_start()

    async def connect(self, host: str, port: int, tls=None):
        """Sets the clock first, because certificates have dates. Raises OSError or ValueError."""
        if self._ntp and self._clock.ms() >= self._due_ms:
            self._due_ms = self._clock.ms() + (_DAY_MS if await self._set_clock() else _AGAIN_MS)
        place = await self._find(host)
        self._hold()  # a name of mDNS is looked up by MicroPython, and everything waits
        return await open_stream(host, port, tls, True, place)

    async def _find(self, host: str) -> str:
        from henge_agent import lookup  # for a moment, as passing.py says

        return await lookup.find(host, self._radio.name_server())

    async def _set_clock(self) -> bool:
        """Whether somebody told the time. Nothing depends on it but what the server's certificate is compared with."""
        try:
            self._radio.set_clock(await self._find(self._ntp))
        except (OSError, OverflowError):
            return False
        return True

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

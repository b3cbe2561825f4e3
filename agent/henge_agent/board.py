"""Board: the six things that the agent needs of a machine, and versions of them for machines that lack one.

Each port of the agent is one subclass of Board in one file: pc_board.py here, board.py in each folder of firmware/.
"""

from henge_agent.compat import TICKS_PERIOD, chance, open_stream, ticks_ms


class Board:
    """The six: who it is; time and chance; `storage`; the network; hardware, as drivers; power."""

    name = "null"  # the kind of board, as `hello` says it
    uid = b""  # what the hardware calls itself: two boards with one identity are told apart by it
    reset_cause = "unknown"  # power, reset, watchdog, crash, soft, sleep, start or unknown
    ticks_period = TICKS_PERIOD  # after so many milliseconds `ticks_ms` starts again at 0
    crashes = 0  # starts in a row, before this one, that ended in a crash or by the watchdog
    wifi = None  # the driver that joins the Wi-Fi; None where that is not the agent's affair

    def __init__(self) -> None:
        from henge_agent.memory_storage import MemoryStorage  # boards have a storage of their own, and no room for it

        self.storage = MemoryStorage()

    def ticks_ms(self) -> int:
        """Milliseconds on a counter that only goes forward and wraps."""
        return ticks_ms()

    def chance(self) -> float:
        """A random number, 0 <= number < 1."""
        return chance()

    async def connect(self, host: str, port: int, tls=None):
        """A pair of streams to the server, encrypted where there is a TLS context. Raises OSError or ValueError.

        Called once `wifi` has joined: that may take longer than a connection may.
        """
        return await open_stream(host, port, tls)

    def rssi(self) -> "int | None":
        """How strong the Wi-Fi is, in dBm; None where there is none."""
        return None

    def drivers(self) -> list:
        """A new driver for each piece of hardware that it has; without `wifi`."""
        return []

    def feed(self) -> None:
        """Holds the watchdog off for a while; the first call starts it. The agent calls it while it is well."""

    def settled(self) -> None:
        """The agent has been well for a while: crashes are counted from 0 again."""

    def reboot(self) -> None:
        """Starts the board anew. Does not return where it can do that."""

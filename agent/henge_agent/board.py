"""Board: the six things that the agent needs of a machine, and versions of them for machines that lack one.

Each port of the agent is one subclass of Board in one file: pc_board.py here, board.py in each folder of firmware/.
"""

from henge_agent.compat import TICKS_PERIOD, chance, open_stream, ticks_ms


class Board:
    """The six: who it is, a count of milliseconds, chance, `storage`, `connect`, and hardware for the drivers."""

    name = "null"  # the kind of board, as `hello` says it
    uid = b""  # what the hardware calls itself: two boards with one identity are told apart by it
    reset_cause = "unknown"
    ticks_period = TICKS_PERIOD  # after so many milliseconds `ticks_ms` starts again at 0

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.light = NullLight()
        self.sensor = None  # with `read()`, as NullSensor has it; None: no driver for it is started

    def ticks_ms(self) -> int:
        """Milliseconds on a counter that only goes forward and wraps."""
        return ticks_ms()

    def chance(self) -> float:
        """A random number, 0 <= number < 1."""
        return chance()

    async def connect(self, host: str, port: int, tls=None):
        """A pair of streams to the server, encrypted where there is a TLS context. Raises OSError or ValueError."""
        return await open_stream(host, port, tls)


class MemoryStorage:
    """Forgets everything at the end: for tests, benchmarks and simulations."""

    def __init__(self) -> None:
        self._places: dict = {}
        self.writes = 0

    def read(self, place: str, start: int, count: int) -> bytes:
        """`count` bytes of what was written to a place, or as many as there are."""
        return self._places.get(place, b"")[start : start + count]

    def write(self, place: str, data: bytes) -> None:
        """Durable when it returns, on a board that has something durable. Raises OSError."""
        self.writes += 1
        self._places[place] = bytes(data)


class NullLight:
    """A light nobody sees."""

    def set(self, red: int, green: int, blue: int) -> None:
        """Takes 0..255 each."""


class NullSensor:
    """A sensor that always says the same."""

    async def read(self) -> float:
        """Degrees Celsius."""
        return 20.0

"""Clock: a board's count of milliseconds, which goes as time goes and can be made to jump.

What waits for a moment on the board's clock comes to it at once; what sleeps for a while does not wake.
"""

from henge_agent import compat


class Clock:
    def __init__(self) -> None:
        self._ahead_ms = 0

    def ticks_ms(self) -> int:
        return compat.ticks_ms() + self._ahead_ms

    def jump(self, ms: int) -> None:
        """So much time has passed."""
        self._ahead_ms += ms

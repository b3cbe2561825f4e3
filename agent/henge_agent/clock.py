"""Clock: milliseconds since the agent's start, from a counter that may wrap. Boards have no other time to trust."""


class Clock:
    """`ticks` is a function that counts milliseconds and starts again at 0 after `period` of them.

    It has to be read at least once in a period; an agent reads it at every ping.
    """

    def __init__(self, ticks, period: int) -> None:
        self._ticks = ticks
        self._period = period
        self._last = ticks()
        self._total = 0

    def ms(self) -> int:
        """Milliseconds since this clock was made."""
        now = self._ticks()
        self._total += (now - self._last) % self._period
        self._last = now
        return self._total

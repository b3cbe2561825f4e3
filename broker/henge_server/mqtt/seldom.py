"""Seldom: a line in the log for what may happen a thousand times a second, with the number of those left out."""

import time
from collections.abc import Callable

PERIOD_S = 10.0  # often enough to see that it goes on, too seldom to fill a disk


class Seldom:
    """One for each thing that is logged."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = float("-inf")
        self._left_out = 0

    def times(self) -> int:
        """How often it happened since the last line, this time included; 0: say nothing now."""
        self._left_out += 1
        now = self._clock()
        if now - self._said_at < PERIOD_S:
            return 0
        self._said_at = now
        times, self._left_out = self._left_out, 0
        return times

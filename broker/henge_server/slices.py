"""Slices: long work on the event loop, cut so that nobody else waits for long."""

import asyncio
import time
from collections.abc import Callable

# Longest stretch of work between two looks at the sockets, in seconds. A board's round trip takes a few milliseconds;
# more than this would show in it.
SLICE_S = 0.005


class Slices:
    """Hands the loop back once the work since the last time took longer than a slice."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._since = 0.0

    async def breathe(self) -> None:
        """To be called between two steps of the work; usually returns at once."""
        now = self._clock()
        if now - self._since > SLICE_S:
            await asyncio.sleep(0)
            self._since = self._clock()

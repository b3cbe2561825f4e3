"""Lag: how late the event loop comes to what is due. Everybody waits for a loop that is held up, so it is measured all
the time.
"""

import asyncio
import time
from collections import deque

# Seconds between two looks. Frequent enough to catch a stretch of a few milliseconds, rare enough to cost nothing.
_PERIOD_S = 0.01
# Looks that the quantiles are made of: the last minute.
_KEPT = 6000


class Lag:
    """Measures while `run` runs."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            due = time.perf_counter() + _PERIOD_S
            await asyncio.sleep(_PERIOD_S)
            self._late.append(max(0.0, time.perf_counter() - due))

    def quantiles(self, *shares: float) -> list[float]:
        """Seconds that the loop was late at most, in each of these shares of the last minute's looks; 0 before the
        first.
        """
        late = sorted(self._late) or [0.0]
        return [late[min(len(late) - 1, int(share * len(late)))] for share in shares]

    def forget(self) -> None:
        """Starts anew."""
        self._late.clear()

"""Turns: spreads many tasks that become ready together over several turns of the event loop, so that it looks at its
sockets and timers in between.
"""

import asyncio
import time
from collections.abc import Callable

from henge_server.slices import SLICE_S


class Turns:
    """For many tasks with little to do each; `Slices` is for one with much. In every turn one at least goes on."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began: float | None = None

    async def mine(self) -> None:
        """Returns at once while this turn of the loop has taken less than a slice, else in one of the next."""
        while self._is_spent():  # noqa: ASYNC110 - the next turn is what is waited for; no event says that it came
            await asyncio.sleep(0)

    def _is_spent(self) -> bool:
        now = self._clock()
        if self._began is None:
            self._began = now
            # Runs in the next turn, before everybody who is put off until then: they come after it in the queue.
            asyncio.get_running_loop().call_soon(self._end)
            return False
        return now - self._began >= SLICE_S

    def _end(self) -> None:
        self._began = None

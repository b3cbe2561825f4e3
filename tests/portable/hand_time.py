"""Time that stands still until a test moves it. For both runtimes."""

import asyncio

from henge_agent.compat import TICKS_PERIOD
from henge_agent.drivers.driver import Time

_TURNS = 10  # of the event loop: more than any chain of tasks in these tests is long


class HandTime(Time):
    """`await passes(seconds)` wakes who waits for something in that time, each at its own moment."""

    def __init__(self) -> None:
        self.now = 0  # ms
        self._deadlines: list = []

    def ms(self) -> int:
        return self.now % TICKS_PERIOD

    async def sleep(self, seconds: float) -> None:
        await self.pause(asyncio.Event(), seconds)

    async def pause(self, event: asyncio.Event, seconds: float) -> None:
        deadline = self.now + int(seconds * 1000 + 0.5)
        self._deadlines.append(deadline)
        try:
            while self.now < deadline and not event.is_set():
                await asyncio.sleep(0)
        finally:
            self._deadlines.remove(deadline)

    async def passes(self, seconds: float) -> None:
        end = self.now + int(seconds * 1000 + 0.5)
        await self.turns()
        while self._deadlines and min(self._deadlines) <= end:
            self.now = min(self._deadlines)
            await self.turns()
        self.now = end

    async def turns(self) -> None:
        """Everything that has something to do now does it."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)

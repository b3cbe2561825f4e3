"""Keeper: keeps a driver running. One that fails is told of and started again, later and later."""

import asyncio

from henge_agent.backoff import Backoff
from henge_agent.compat import explain
from henge_agent.uplink import STABLE_MS


class Keeper:
    """Of one driver. `settings` are those that it is given again before a new start; `say(level, text)` logs."""

    def __init__(self, driver, settings, clock, chance, say) -> None:
        self._driver = driver
        self._settings = settings
        self._clock = clock
        self._backoff = Backoff(chance)
        self._say = say

    @property
    def name(self) -> str:
        """What people know the driver by."""
        return type(self._driver).__name__

    async def run(self, tell) -> None:
        """Until it is cancelled."""
        while True:
            began = self._clock.ms()
            try:
                await self._driver.run(tell)
                self._warn("has ended")
            except Exception as error:
                self._warn("failed: " + explain(error))
            if self._clock.ms() - began >= STABLE_MS:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.after_loss() / 1000)
            try:
                self._settings.repeat(self._driver)
            except Exception as error:
                self._warn("did not take its settings: " + explain(error))

    def _warn(self, text: str) -> None:
        self._say("warning", self.name + " " + text)

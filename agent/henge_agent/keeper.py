"""Keeper: keeps a driver running. One that fails is told of once, started again, later and later, and told of when it
works again.
"""

import asyncio

from henge_agent.backoff import Backoff
from henge_agent.settings import why
from henge_agent.uplink import STABLE_MS

_KEPT = 4  # faults that were told of and are not told again: a broken sensor has one or two, in turns


class Keeper:
    """Of one driver. `settings` are those that it is given again before a new start; `say(level, text)` logs, and gives
    whether the server hears of it: what it did not hear is told again.
    """

    def __init__(self, driver, settings, clock, chance, say) -> None:
        self._driver = driver
        self._settings = settings
        self._clock = clock
        self._backoff = Backoff(chance)
        self._say = say
        self._told: "list[str]" = []  # what is wrong with it, as far as the server knows
        self._tell = None

    @property
    def name(self) -> str:
        """What people know the driver by."""
        return type(self._driver).__name__

    async def run(self, tell, crew) -> None:
        """Until the crew is stopped that this is a member of."""
        self._tell = tell
        while True:
            began = self._clock.ms()
            fault = await self._run_once(crew)
            if self._clock.ms() - began >= STABLE_MS:
                self._backoff.reset()
                self._told = []
            self._warn(fault)
            await asyncio.sleep(self._backoff.after_loss() / 1000)
            try:
                self._settings.repeat(self._driver)
            except Exception as error:
                self._warn("did not take its settings: " + why(self._driver, error))

    async def _run_once(self, crew) -> str:
        """What ended the driver."""
        try:
            await self._driver.run(self._pass_on)
            return "has ended"
        except asyncio.CancelledError:
            if crew.is_stopping:
                raise
            return "was cancelled"  # by one of its own tasks, say
        except Exception as error:
            return "failed: " + why(self._driver, error)

    async def _pass_on(self, readings: dict) -> None:
        if self._told:
            self._told = []
            self._say("warning", self.name + " works again")
        await self._tell(readings)  # type: ignore[misc]

    def _warn(self, fault: str) -> None:
        if fault not in self._told and self._say("warning", self.name + " " + fault):
            self._told = self._told[1 - _KEPT :] + [fault]

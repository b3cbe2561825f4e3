"""A driver that fails: it is started again with its settings, its fault is told once, and so is its end."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import Hands
from henge_agent.crew import Crew
from henge_agent.drivers.driver import Driver
from henge_agent.keeper import Keeper
from henge_agent.settings import Settings

_TURNS = 60  # of the event loop: some starts of a driver that fails at once


class Sensor(Driver):
    """Tells one reading at each start, unless it is unplugged. `go` ends it."""

    SETTINGS = {"sensor.period": {"type": "int", "default": 1}}

    def __init__(self) -> None:
        self.fault: "BaseException | None" = None
        self.refuses = False
        self.starts = 0
        self.applied = 0
        self.go = asyncio.Event()

    def apply(self, values: dict) -> None:
        self.applied += 1
        if self.refuses:
            raise ValueError("no such pin")

    async def run(self, tell) -> None:
        self.starts += 1
        if self.fault:
            raise self.fault
        await tell({"temperature": 20})
        await self.go.wait()
        self.go.clear()


class TestKeeper(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.sensor, self.clock, self.crew = Sensor(), Hands(), Crew()
        self.said: list = []
        self.told: list = []
        self.is_up = True
        settings = Settings([self.sensor], self.said.append)
        settings.begin({"sensor.period": 1})
        self.keeper = Keeper(self.sensor, settings, self.clock, lambda: 0, self.say)

    async def asyncTearDown(self):
        await self.crew.stop()

    def say(self, level: str, text: str) -> bool:
        self.said.append(text)
        return self.is_up

    async def tell(self, readings: dict) -> None:
        self.told.append(readings)

    async def lives(self) -> None:
        """For a while; the first time from the start on."""
        if not self.sensor.starts:
            self.crew.add("sensor", self.keeper.run(self.tell, self.crew))
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def test_one_that_is_well_is_not_spoken_of(self):
        await self.lives()
        self.assertEqual((self.told, self.said), ([{"temperature": 20}], []))

    async def test_an_unplugged_sensor_is_told_of_once_and_so_is_its_return(self):
        self.sensor.fault = OSError("no probe on pin 4")
        await self.lives()
        self.assertGreater(self.sensor.starts, 2)
        self.assertEqual(self.said, ["Sensor failed: OSError: no probe on pin 4"])
        self.sensor.fault = None
        await self.lives()
        self.assertEqual(self.said[1:], ["Sensor works again"])
        self.assertEqual(self.told, [{"temperature": 20}])

    async def test_what_the_server_did_not_hear_is_told_again(self):
        self.is_up = False
        self.sensor.fault = OSError("unplugged")
        await self.lives()
        before = len(self.said)
        self.is_up = True
        await self.lives()
        self.assertGreater(before, 2)
        self.assertEqual(len(self.said), before + 1)

    async def test_another_fault_is_told_too(self):
        self.sensor.fault = OSError("unplugged")
        await self.lives()
        self.sensor.fault = OSError("check sum")
        await self.lives()
        self.assertEqual(self.said, ["Sensor failed: OSError: unplugged", "Sensor failed: OSError: check sum"])

    async def test_the_same_fault_after_a_long_time_without_is_told_again(self):
        await self.lives()
        for _ in range(2):
            self.clock.now += 30_000
            self.sensor.go.set()
            await self.lives()
        self.assertEqual([text for text in self.said if "ended" in text], ["Sensor has ended"] * 2)

    async def test_one_that_is_cancelled_from_inside_is_started_again(self):
        self.sensor.fault = asyncio.CancelledError()
        await self.lives()
        self.sensor.fault = None
        await self.lives()
        self.assertEqual(self.said, ["Sensor was cancelled", "Sensor works again"])

    async def test_each_start_begins_with_the_settings_in_use(self):
        self.sensor.fault = OSError("unplugged")
        await self.lives()
        self.assertEqual(self.sensor.applied, self.sensor.starts)

    async def test_one_that_does_not_take_them_any_more_is_told_of_once(self):
        self.sensor.fault = OSError("unplugged")
        self.sensor.refuses = True
        await self.lives()
        self.assertEqual(self.said[1:], ["Sensor did not take its settings: ValueError: no such pin"])

    async def test_stopping_ends_it(self):
        await self.lives()
        await self.crew.stop()
        self.assertEqual((self.sensor.starts, self.said), (1, []))


if __name__ == "__main__":
    unittest.main()

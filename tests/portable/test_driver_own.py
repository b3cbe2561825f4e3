"""Drivers that somebody has put on a board beside henge's: the example of the page, and files that are no good."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import sys

from bench_board import Bench, Module
from hand_time import HandTime
from henge_agent import own_drivers
from henge_agent.board import Board
from henge_agent.crew import Crew
from henge_agent.drivers.driver import Driver
from henge_agent.settings import NotApplied, Settings
from henge_protocol import schema


class TestExample(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.bench, self.time, self.crew = Bench("esp32"), HandTime(), Crew()
        self.told: list = []
        from drivers import Relay

        self.driver = Relay(self.time)
        self.settings = Settings([self.driver], self.told.append)
        self.values = schema.defaults(self.settings.declared)
        assert self.settings.begin(self.values) == []

    async def asyncTearDown(self):
        await self.crew.stop()

    def change(self, **changes) -> None:
        values = dict(self.values)
        for name in changes:
            values["relay." + name] = changes[name]
        self.settings.apply(values)

    async def tell(self, readings: dict) -> None:
        self.told.append((self.time.now, readings["relay"]))

    async def test_its_declarations_are_sound(self):
        self.assertEqual(len(schema.parse(self.driver.SETTINGS)), 3)

    async def test_a_change_switches_it(self):
        self.change(on=True)
        self.assertEqual(self.bench.levels, {"15": 1})

    async def test_it_goes_off_by_itself_and_tells(self):
        self.crew.add("relay", self.driver.run(self.tell))
        await self.time.turns()
        self.change(on=True, longest=10)
        await self.time.passes(12)
        self.assertEqual((self.told, self.bench.levels), ([(0, False), (0, True), (10_000, False)], {"15": 0}))

    async def test_a_pin_that_does_not_exist_is_refused_and_the_old_one_is_driven_again(self):
        with self.assertRaises(NotApplied):
            self.change(pin="99")
        self.change(on=True)
        self.assertEqual((self.bench.levels, self.told), ({"15": 1}, []))


class TestLoading(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.board = Board()

    def load(self, drivers) -> list:
        """With `drivers` for the file's function."""
        Bench("esp32")
        before = sys.modules.pop("drivers", None)
        if drivers:
            sys.modules["drivers"] = Module(drivers=drivers)  # type: ignore[assignment]
        try:
            return own_drivers.load(self.board, [_Declares("led.on")])
        finally:
            sys.modules.pop("drivers", None)
            if before:
                sys.modules["drivers"] = before

    async def problem(self, drivers) -> str:
        """What is said in the place of drivers that could not be had."""
        (driver,) = self.load(drivers)
        with self.assertRaises(Exception) as failed:
            await driver.run(None)
        return str(failed.exception)

    async def test_the_file_on_the_board_is_found(self):
        self.assertEqual([type(driver).__name__ for driver in self.load(None)], ["Relay"])

    async def test_no_file_is_no_fault(self):
        path, sys.path[:] = list(sys.path), []
        try:
            self.assertEqual(self.load(None), [])
        finally:
            sys.path[:] = path

    async def test_a_file_that_fails_is_told_of(self):
        self.assertEqual(await self.problem(_fails), "no such pin")

    async def test_a_setting_that_another_driver_has_is_told_of(self):
        self.assertEqual(await self.problem(lambda board: [_Declares("led.on")]), "two drivers declare led.on")
        twice = await self.problem(lambda board: [_Declares("fan.on"), _Declares("fan.on")])
        self.assertEqual(twice, "two drivers declare fan.on")

    async def test_what_is_no_driver_is_told_of(self):
        self.assertIn("SETTINGS", await self.problem(lambda board: [1]))


class _Declares(Driver):
    def __init__(self, key: str) -> None:
        self.SETTINGS = {key: {"type": "bool", "default": False}}


def _fails(board):
    raise ValueError("no such pin")


if __name__ == "__main__":
    unittest.main()

"""The light: its colours, what each mode makes of them, and that a change shows at once."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from henge_agent.crew import Crew
from henge_agent.drivers import led
from henge_agent.drivers.led import Led, Light
from henge_agent.drivers.thermometer import Thermometer
from henge_protocol import schema

ON = {"led.on": True, "led.color": "#ff8800", "led.brightness": 100, "led.mode": "steady"}


class Lamp(Light):
    """A light that remembers what it was driven with."""

    def __init__(self) -> None:
        self.seen: list = []

    def set(self, red: int, green: int, blue: int) -> None:
        self.seen.append((red, green, blue))


class TestColors(unittest.TestCase):
    def test_brightness_scales_each_colour(self):
        self.assertEqual(led.color("#ff8800", 100), (255, 136, 0))
        self.assertEqual(led.color("#ff8800", 50), (128, 68, 0))
        self.assertEqual(led.color("#ff8800", 0), (0, 0, 0))

    def test_every_mode_begins_at_full_strength(self):
        for mode in Led.SETTINGS["led.mode"]["choices"]:
            self.assertEqual(led.strength(mode, 0), 1.0)

    def test_a_blink_is_dark_for_half_a_second(self):
        self.assertEqual([led.strength("blink", ms) for ms in (499, 500, 999, 1000)], [1.0, 0.0, 0.0, 1.0])

    def test_a_breath_goes_down_and_up_again(self):
        self.assertLess(led.strength("breathe", 2000), 0.001)
        self.assertGreater(led.strength("breathe", 3999), 0.99)


class TestDrivers(unittest.TestCase):
    def test_a_change_shows_at_once(self):
        lamp = Lamp()
        driver = Led(lamp)
        for change in ({}, {"led.color": "#0000ff"}, {"led.mode": "blink"}, {"led.on": False}):
            values = dict(ON)
            values.update(change)
            driver.apply(values)
        self.assertEqual(lamp.seen, [(255, 136, 0), (0, 0, 255), (255, 136, 0), (0, 0, 0)])

    def test_what_the_stock_drivers_declare_is_a_schema_with_a_default_for_everything(self):
        declared = schema.parse(dict(list(Led.SETTINGS.items()) + list(Thermometer.SETTINGS.items())))
        self.assertEqual(len(schema.defaults(declared)), 7)
        self.assertEqual(schema.missing(declared, {}), [])


class TestMoving(unittest.IsolatedAsyncioTestCase):
    async def test_a_light_that_moves_goes_on_until_it_is_told_otherwise(self):
        lamp = Lamp()
        driver = Led(lamp)
        crew = Crew()
        crew.add("light", driver.run(None))
        values = dict(ON)
        values["led.mode"] = "breathe"
        driver.apply(values)
        while len(set(lamp.seen)) < 3:
            await asyncio.sleep(0)
        driver.apply(ON)
        self.assertEqual(lamp.seen[-1], (255, 136, 0))
        await crew.stop()


if __name__ == "__main__":
    unittest.main()

"""The light: its colours, what each mode makes of them, that a change shows at once, and how a board shows itself."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from hand_time import HandTime
from henge_agent.crew import Crew
from henge_agent.drivers import led
from henge_agent.drivers.led import Led, Light

ON = {"led.on": True, "led.color": "#ff8800", "led.brightness": 100, "led.mode": "steady"}
FULL, DARK, WHITE = (255, 136, 0), (0, 0, 0), (255, 255, 255)


def on(**changes) -> dict:
    """The settings of a light that is on, with some of them changed."""
    values = dict(ON)
    for name in changes:
        values["led." + name] = changes[name]
    return values


class Lamp(Light):
    """A light that remembers what it was driven with, and breaks when it is told to."""

    def __init__(self) -> None:
        self.seen: list = []
        self.broken = False

    def set(self, red: int, green: int, blue: int) -> None:
        if self.broken:
            raise OSError(5)
        self.seen.append((red, green, blue))


class TestColors(unittest.TestCase):
    def test_brightness_scales_each_colour(self):
        self.assertEqual(led.color("#ff8800", 100), FULL)
        self.assertEqual(led.color("#ff8800", 50), (128, 68, 0))
        self.assertEqual(led.color("#ff8800", 0), DARK)

    def test_every_mode_begins_at_full_strength(self):
        for mode in Led.SETTINGS["led.mode"]["choices"]:
            self.assertEqual(led.strength(mode, 0), 1.0)

    def test_a_blink_is_dark_for_half_a_second(self):
        self.assertEqual([led.strength("blink", ms) for ms in (499, 500, 999, 1000)], [1.0, 0.0, 0.0, 1.0])

    def test_a_breath_goes_down_and_up_again(self):
        self.assertLess(led.strength("breathe", 2000), 0.001)
        self.assertGreater(led.strength("breathe", 3999), 0.99)


class TestChanges(unittest.TestCase):
    def test_a_change_shows_at_once(self):
        lamp = Lamp()
        driver = Led(lamp)
        for values in (on(), on(color="#0000ff"), on(mode="blink"), on(on=False)):
            driver.apply(values)
        self.assertEqual(lamp.seen, [FULL, (0, 0, 255), FULL, DARK])


class Running(unittest.IsolatedAsyncioTestCase):
    """A light whose driver runs, in a time that is moved by hand."""

    async def asyncSetUp(self):
        self.time, self.lamp, self.crew = HandTime(), Lamp(), Crew()
        self.driver = Led(self.lamp, self.time)
        self.driver.apply(ON)
        self.crew.add("light", self.driver.run(None))
        self.crew.add("dies", self.crew.first())  # what the light raises would go unseen otherwise

    async def asyncTearDown(self):
        await self.crew.stop()


class TestMoving(Running):
    async def test_a_blink_goes_on_until_it_is_told_otherwise(self):
        self.driver.apply(on(mode="blink"))
        await self.time.passes(1.2)
        self.driver.apply(ON)
        await self.time.passes(60)
        self.assertEqual(self.lamp.seen, [FULL, FULL, DARK, FULL, FULL])

    async def test_a_breath_moves_25_times_a_second(self):
        self.driver.apply(on(mode="breathe"))
        self.lamp.seen.clear()
        await self.time.passes(4)
        self.assertEqual(len(self.lamp.seen), 100)
        self.assertIn(DARK, self.lamp.seen)

    async def test_a_light_that_is_off_does_not_move(self):
        self.driver.apply(on(mode="breathe", on=False))
        await self.time.passes(60)
        self.assertEqual(self.lamp.seen, [FULL, DARK])

    async def test_a_light_without_brightness_turns_a_breath_into_a_slow_blink(self):
        self.lamp.dims = False
        self.driver.apply(on(mode="breathe"))
        await self.time.passes(8)
        self.assertEqual(set(self.lamp.seen), {FULL, DARK})

    async def test_a_light_that_breaks_while_it_moves_ends_the_driver(self):
        self.driver.apply(on(mode="blink"))
        self.lamp.broken = True
        await self.time.passes(1)
        with self.assertRaises(OSError):
            await self.crew.first()


class TestIdentify(Running):
    async def flashes(self, seconds: float) -> list:
        """What the light shows in that time, from the moment on at which a person wants to see the board."""
        self.lamp.seen.clear()
        self.crew.add("identify", self.driver.identify())
        await self.time.passes(seconds)
        return self.lamp.seen

    async def test_it_flashes_three_times_and_pauses_for_ten_seconds_then_shows_what_it_did(self):
        seen = await self.flashes(60)
        once = [WHITE, DARK, WHITE, DARK, WHITE, DARK, DARK, DARK, DARK, DARK]
        self.assertEqual(seen[:100], once * 10)
        self.assertEqual((seen[-1], seen.count(FULL)), (FULL, 1))

    async def test_a_light_that_is_off_flashes_too(self):
        self.driver.apply(on(on=False))
        seen = await self.flashes(60)
        self.assertIn(WHITE, seen)
        self.assertEqual(seen[-1], DARK)

    async def test_settings_that_come_meanwhile_win(self):
        await self.flashes(3)
        self.driver.apply(on(color="#0000ff"))
        self.lamp.seen.clear()
        await self.time.passes(60)
        self.assertEqual(self.lamp.seen, [])

    async def test_a_mode_that_moves_goes_on_afterwards(self):
        self.driver.apply(on(mode="blink"))
        await self.flashes(10)
        self.lamp.seen.clear()
        await self.time.passes(1.2)
        self.assertEqual(self.lamp.seen, [DARK, FULL])

    async def test_being_asked_twice_lasts_until_the_second_is_over(self):
        await self.flashes(5)
        await self.flashes(5.5)
        self.assertIn(WHITE, self.lamp.seen[-8:])
        await self.time.passes(5)
        self.assertEqual(self.lamp.seen[-1], FULL)

    async def test_an_end_in_the_middle_leaves_the_light_as_it_was(self):
        crew = Crew()
        crew.add("identify", self.driver.identify())
        await self.time.passes(1)
        await crew.stop()
        await self.time.passes(60)
        self.assertEqual(self.lamp.seen[-1], FULL)


if __name__ == "__main__":
    unittest.main()

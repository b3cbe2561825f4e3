"""The three kinds of light, on simulated pins: what a colour becomes, and that a light that cannot be is no end of the
one before.
"""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from bench_board import Bench
from hand_time import HandTime
from henge_agent.crew import Crew
from henge_agent.drivers.led import WiredLed
from henge_agent.settings import NotApplied, Settings
from henge_protocol import schema


class Fixture(unittest.IsolatedAsyncioTestCase):
    """A board whose light stands in its settings."""

    KIND = "esp32"

    async def asyncSetUp(self):
        self.bench = Bench(self.KIND)
        self.said: list = []

    def start(self, *wiring, **more) -> None:
        """With the defaults of a board, which is handed its first values."""
        self.time = HandTime()
        self.driver = WiredLed(*wiring, time=self.time, **more)
        self.settings = Settings([self.driver], self.said.append)
        self.values = schema.defaults(self.settings.declared)
        self.problems = self.settings.begin(self.values)

    def change(self, **changes) -> None:
        """Raises NotApplied."""
        values = dict(self.values)
        for name in changes:
            values["led." + name] = changes[name]
        assert schema.check(self.settings.declared, values) == []
        self.settings.apply(values)
        self.values = values

    def refusal(self, **changes) -> str:
        """Why a change was not taken."""
        with self.assertRaises(NotApplied) as refused:
            self.change(**changes)
        return str(refused.exception)


class TestPlain(Fixture):
    async def test_every_colour_but_black_is_on(self):
        self.start("plain", 2)
        seen = []
        for change in ({"brightness": 1}, {"on": False}, {"on": True, "color": "#000080"}, {"color": "#000000"}):
            self.change(**change)
            seen.append(self.bench.levels["2"])
        self.assertEqual(seen, [1, 0, 1, 0])

    async def test_an_inverted_one_is_on_at_low_level(self):
        self.start("plain", 2, inverted=True)
        seen = [self.bench.levels["2"]]
        self.change(on=False)
        self.assertEqual(seen + [self.bench.levels["2"]], [0, 1])

    async def test_a_breath_is_a_slow_blink(self):
        self.start("plain", 2)
        self.change(mode="breathe")
        crew = Crew()
        crew.add("light", self.driver.run(None))
        seen = []
        for _ in range(4):
            await self.time.passes(1)
            seen.append(self.bench.levels["2"])
        await crew.stop()
        self.assertEqual(seen, [1, 0, 0, 1])


class TestDimmed(Fixture):
    async def test_brightness_is_the_square_of_the_value(self):
        self.start("pwm", 4)
        seen = []
        for brightness in (0, 50, 100):
            self.change(brightness=brightness)
            seen.append(self.bench.duties["4"])
        self.assertEqual(seen, [0, 128 * 128 * 65535 // 65025, 65535])

    async def test_the_strongest_colour_counts(self):
        self.start("pwm", 4)
        self.change(brightness=100, color="#00ff10")
        self.assertEqual(self.bench.duties["4"], 65535)

    async def test_an_inverted_one_is_dark_at_full_level(self):
        self.start("pwm", 4, inverted=True)
        self.change(on=False)
        self.assertEqual(self.bench.duties["4"], 65535)
        self.change(on=True, brightness=100)
        self.assertEqual(self.bench.duties["4"], 0)


class TestStrip(Fixture):
    async def test_all_pixels_have_the_colour(self):
        self.start("ws2812", 5, count=3)
        self.change(brightness=100)
        self.assertEqual(self.bench.strips["5"], [(255, 136, 0)] * 3)

    async def test_a_longer_one_is_driven_whole(self):
        self.start("ws2812", 5, count=3)
        self.change(count=8)
        self.assertEqual(len(self.bench.strips["5"]), 8)


class TestWiring(Fixture):
    async def test_pin_and_kind_are_tried_out_and_the_rest_is_not(self):
        self.start()
        risky = sorted(key for key, setting in self.settings.declared.items() if setting.risky)
        self.assertEqual(risky, ["led.kind", "led.pin"])

    async def test_no_light_is_no_fault(self):
        self.start()
        self.change(brightness=5)
        self.assertEqual((self.problems, self.bench.levels), ([], {}))

    async def test_another_pin_leaves_the_old_one_dark(self):
        self.start("pwm", 4)
        self.change(pin="5")
        self.assertEqual((self.bench.levels, list(self.bench.duties)), ({"4": 0}, ["5"]))

    async def test_another_kind_on_the_same_pin_is_driven_anew(self):
        self.start("pwm", 4)
        self.change(kind="plain")
        self.assertEqual((self.bench.levels, self.bench.duties), ({"4": 1}, {}))

    async def test_a_pin_that_does_not_exist_is_refused_and_the_old_light_shines_on(self):
        self.start("plain", 2)
        why = self.refusal(pin="99", color="#0000ff")
        self.assertIn("plain on pin '99': invalid pin", why)
        self.assertEqual(self.bench.levels, {"2": 1})
        self.change(on=False)
        self.assertEqual((self.bench.levels, self.said), ({"2": 0}, []))

    async def test_each_setting_of_a_refused_wiring_is_named(self):
        self.start("plain", 2)
        with self.assertRaises(NotApplied) as refused:
            self.change(kind="pwm", pin="34")
        problems = refused.exception.problems
        self.assertEqual([problem.key for problem in problems], ["led.kind", "led.pin"])
        self.assertEqual({problem.code for problem in problems}, {"driver_failed"})

    async def test_a_pin_that_cannot_do_it_is_refused(self):
        self.start("plain", 2)
        for pin in ("34", "", "LED"):
            self.refusal(pin=pin)
            self.assertEqual(self.bench.levels, {"2": 1})

    async def test_a_start_with_a_wiring_that_cannot_be_is_dark_and_says_so(self):
        self.start("plain", 99)
        self.assertEqual(len(self.problems), len(list(self.settings.declared)))
        self.change(pin="2")
        self.assertEqual(self.bench.levels, {"2": 1})


class TestPicoW(Fixture):
    KIND = "pico"

    async def test_a_fresh_board_lights_the_led_that_it_has(self):
        self.start("plain", "LED")
        self.assertEqual((self.bench.levels, self.problems), ({"LED": 1}, []))

    async def test_the_led_on_the_radio_is_on_or_off_and_no_more(self):
        self.start("plain", "LED")
        for kind in ("pwm", "ws2812"):
            self.assertIn("expecting a regular GPIO Pin", self.refusal(kind=kind))
            self.assertEqual(self.bench.levels, {"LED": 1})

    async def test_a_name_and_a_number_are_the_same_pin(self):
        self.start("plain", "GP4")
        self.change(pin="4")
        self.assertEqual(self.bench.levels, {"4": 1})


if __name__ == "__main__":
    unittest.main()

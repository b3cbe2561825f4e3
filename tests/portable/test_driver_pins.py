"""Two drivers on one pin: a document that says so is refused, whichever of the two it changes, and says with whom."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from bench_board import Bench
from hand_time import HandTime
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_agent.settings import NotApplied, Settings
from henge_protocol import schema


class TestPins(unittest.IsolatedAsyncioTestCase):
    """A board as it comes from the factory: a light on pin 2, and the chip's own thermometer."""

    async def asyncSetUp(self):
        self.bench = Bench("esp32")
        from drivers import Relay  # the example of the page, on pin 15

        time = HandTime()
        drivers = [WiredLed("plain", 2, time=time), WiredThermometer("chip", chip=lambda: 41.2, time=time), Relay(time)]
        self.said: list = []
        self.settings = Settings(drivers, self.said.append)
        self.values = schema.defaults(self.settings.declared)
        self.problems = self.settings.begin(self.values)

    def change(self, **changes) -> None:
        """Raises NotApplied."""
        values = dict(self.values)
        for name in changes:
            values[name.replace("__", ".")] = changes[name]
        assert schema.check(self.settings.declared, values) == []
        self.settings.apply(values)
        self.values = values

    def refusal(self, **changes) -> str:
        """Why a change was not taken."""
        with self.assertRaises(NotApplied) as refused:
            self.change(**changes)
        return str(refused.exception)

    async def test_a_sensor_on_the_pin_of_the_light_is_refused_and_the_light_shines_on(self):
        why = self.refusal(sensor__kind="dht22", sensor__pin="2")
        self.assertIn("WiredThermometer: ValueError: pin '2' is led.pin too", why)
        self.assertEqual((self.problems, self.bench.levels["2"], self.said), ([], 1, []))

    async def test_a_light_on_the_pin_of_the_sensor_is_refused(self):
        self.change(sensor__kind="dht22", sensor__pin="4")
        self.assertIn("pin '4' is sensor.pin too", self.refusal(led__pin="4"))

    async def test_a_light_on_the_pin_of_an_own_driver_is_refused(self):
        self.assertIn("pin '15' is relay.pin too", self.refusal(led__pin="15"))

    async def test_a_pin_that_nothing_is_wired_to_may_be_anybodys(self):
        self.change(sensor__pin="2")
        self.change(sensor__kind="dht22", led__kind="none")
        self.assertEqual(self.bench.levels["2"], 0)

    async def test_two_that_swap_their_pins_are_taken(self):
        self.change(sensor__kind="dht22", sensor__pin="4")
        self.change(led__pin="4", sensor__pin="2")
        self.assertEqual(self.bench.levels["4"], 1)

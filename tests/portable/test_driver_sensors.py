"""The thermometer: what each kind of sensor gives, when it is told, and what happens when nothing sensible comes."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_server import SOON_S
from bench_board import Bench
from hand_time import HandTime
from henge_agent.crew import Crew
from henge_agent.drivers.thermometer import Thermometer, WiredThermometer
from henge_agent.settings import NotApplied, Settings
from henge_protocol import schema
from sim_sensors import GARBLED, SHORTED

FIRST, SECOND = "28aa000000000011", "28aa000000000022"


class Fixture(unittest.IsolatedAsyncioTestCase):
    """A board with a thermometer, and what it tells: [ms since the start, readings] each."""

    async def asyncSetUp(self):
        self.bench, self.time, self.crew = Bench("esp32"), HandTime(), Crew()
        self.told: list = []

    async def asyncTearDown(self):
        await self.crew.stop()

    def start(self, driver: Thermometer) -> None:
        self.driver = driver
        self.settings = Settings([driver], lambda text: None)
        self.values = schema.defaults(self.settings.declared)
        self.settings.begin(self.values)
        self.crew.add("thermometer", driver.run(self.tell))

    def wire(self, kind: str, pin: "int | str", **changes) -> None:
        """With a sensor on a pin."""
        self.start(WiredThermometer(kind, pin, chip=lambda: 41.234, time=self.time))
        if changes:
            self.change(**changes)

    async def tell(self, readings: dict) -> None:
        self.told.append((self.time.now, dict(readings)))

    def change(self, **changes) -> None:
        """Raises NotApplied."""
        values = dict(self.values)
        for name in changes:
            values["sensor." + name] = changes[name]
        assert schema.check(self.settings.declared, values) == []
        self.settings.apply(values)
        self.values = values

    async def failure(self) -> str:
        """What ends the driver."""
        await self.time.passes(10)
        with self.assertRaises(OSError) as failed:
            await asyncio.wait_for(self.crew.first(), SOON_S)
        return str(failed.exception)


class Room:
    """A sensor whose temperature a test sets. It fails the next `faults` times."""

    def __init__(self) -> None:
        self.celsius = 20.0
        self.faults = 0

    async def read(self) -> dict:
        if self.faults:
            self.faults -= 1
            raise OSError("unplugged")
        return {"temperature": self.celsius}


class TestTelling(Fixture):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.room = Room()
        self.start(Thermometer(self.room, self.time))
        await self.time.turns()
        self.first, self.told = self.told, []

    def degrees(self) -> list:
        return [readings["temperature"] for _, readings in self.told]

    async def test_each_period_tells_and_a_new_one_begins_at_once(self):
        await self.time.passes(60)
        self.change(period=10)
        await self.time.passes(20)
        self.assertEqual(self.first, [(0, {"temperature": 20.0})])
        self.assertEqual([ms for ms, _ in self.told], [30_000, 60_000, 60_000, 70_000, 80_000])

    async def test_the_offset_is_added(self):
        self.change(offset=-1.5)
        await self.time.passes(0)
        self.assertEqual(self.degrees(), [18.5])

    async def test_what_changed_by_less_than_the_threshold_is_not_told(self):
        self.change(threshold=0.5)
        for celsius in (20.4, 20.5, 20.9, 20.0):
            self.room.celsius = celsius
            await self.time.passes(30)
        self.assertEqual(self.degrees(), [20.5, 20.0])

    async def test_one_period_in_ten_tells_all_the_same(self):
        self.change(threshold=0.5)
        await self.time.passes(600)
        self.assertEqual([ms for ms, _ in self.told], [270_000, 570_000])  # the change was the first period

    async def test_a_reading_that_fails_once_or_twice_is_only_late(self):
        self.room.faults = 2
        await self.time.passes(34)
        self.assertEqual([ms for ms, _ in self.told], [34_000])

    async def test_a_sensor_that_goes_on_failing_ends_the_driver(self):
        await self.time.passes(29)
        self.room.faults = 3
        self.assertEqual(await self.failure(), "unplugged")

    async def test_readings_can_be_asked_for_at_any_time(self):
        await self.time.passes(1)
        self.room.celsius = 25.0
        self.assertEqual(await self.driver.read(), {"temperature": 25.0})
        self.assertEqual(self.degrees(), [])


class TestChip(Fixture):
    async def test_a_fresh_board_tells_the_temperature_of_its_processor(self):
        self.wire("chip", "")
        await self.time.passes(0)
        self.assertEqual(self.told, [(0, {"temperature": 41.23})])

    async def test_a_board_without_such_a_thermometer_does_not_offer_it(self):
        self.start(WiredThermometer(time=self.time))
        self.assertEqual(self.settings.declared["sensor.kind"].choices, ["none", "ds18b20", "dht22"])
        await self.time.passes(100)
        self.assertEqual((self.told, await self.driver.read()), ([], {}))


class TestDs18b20(Fixture):
    async def test_a_reading_takes_the_750_ms_of_a_conversion_and_the_board_goes_on_meanwhile(self):
        self.bench.probes["4"] = {FIRST: 21.0625}
        self.wire("ds18b20", 4)
        await self.time.passes(1)
        self.assertEqual(self.told, [(750, {"temperature": 21.06})])

    async def test_one_of_several_is_read_by_its_code_else_the_first(self):
        self.bench.probes["4"] = {FIRST: 21.0, SECOND: 5.0}
        self.wire("ds18b20", 4)
        await self.time.passes(1)
        self.change(probe=SECOND.upper())
        await self.time.passes(1)
        self.assertEqual([readings["temperature"] for _, readings in self.told], [21.0, 5.0])

    async def test_a_probe_that_is_not_there_is_named_with_those_that_are(self):
        self.bench.probes["4"] = {FIRST: 21.0}
        self.wire("ds18b20", 4, probe=SECOND)
        self.assertEqual(await self.failure(), "no probe {} on pin 4, but {}".format(SECOND, FIRST))

    async def test_a_wire_with_nothing_on_it_says_so(self):
        self.wire("ds18b20", 4)
        self.assertIn("no probe on pin 4", await self.failure())

    async def test_the_value_after_power_on_is_no_reading(self):
        self.bench.probes["4"] = {FIRST: 85.0}
        self.wire("ds18b20", 4)
        self.assertIn("did not measure", await self.failure())
        self.assertEqual(self.told, [])

    async def test_a_wire_at_low_level_is_no_reading_of_0_degrees(self):
        self.bench.probes["4"] = {FIRST: SHORTED}
        self.wire("ds18b20", 4)
        self.assertIn("did not measure", await self.failure())

    async def test_0_degrees_are_a_reading(self):
        self.bench.probes["4"] = {FIRST: 0.0}
        self.wire("ds18b20", 4)
        await self.time.passes(1)
        self.assertEqual(self.told, [(750, {"temperature": 0.0})])

    async def test_a_garbled_reading_is_repeated(self):
        self.bench.probes["4"] = {FIRST: None}
        self.wire("ds18b20", 4)
        await self.time.passes(5)
        self.bench.probes["4"] = {FIRST: 21.0}
        await self.time.passes(2)
        self.assertEqual(self.told, [(6_250, {"temperature": 21.0})])

    async def test_one_that_stays_garbled_fails(self):
        self.bench.probes["4"] = {FIRST: None}
        self.wire("ds18b20", 4)
        self.assertEqual(await self.failure(), "the probe on pin 4 cannot be read: CRC error")

    async def test_two_that_ask_at_once_are_served_one_after_the_other(self):
        self.bench.probes["4"] = {FIRST: 21.0}
        self.wire("ds18b20", 4)
        self.crew.add("asks", self.ask())
        await self.time.passes(2)
        self.assertEqual([ms for ms, _ in self.told], [750, 1_500])

    async def ask(self) -> None:
        await self.tell(await self.driver.read())
        await self.time.sleep(1000)


class TestDht22(Fixture):
    async def test_it_gives_humidity_too_after_two_seconds_of_rest(self):
        self.bench.air["4"] = (21.5, 40.123)
        self.wire("dht22", 4)
        await self.time.passes(3)
        self.assertEqual(self.told, [(2_000, {"temperature": 21.5, "humidity": 40.1})])

    async def test_a_shorter_period_waits_for_its_rest(self):
        self.bench.air["4"] = (21.5, 40)
        self.wire("dht22", 4, period=1)
        await self.time.passes(6)
        self.assertEqual([ms for ms, _ in self.told], [2_000, 4_000, 6_000])

    async def test_one_that_is_asked_right_after_a_reading_rests_first(self):
        self.bench.air["4"] = (21.5, 40)
        self.wire("dht22", 4)
        self.crew.add("asks", self.driver.read())
        await self.time.passes(3.9)
        self.assertEqual(self.bench.measured, 1)
        await self.time.passes(0.1)
        self.assertEqual(self.bench.measured, 2)

    async def test_humidity_that_changed_by_the_threshold_is_told(self):
        self.bench.air["4"] = (21.5, 40)
        self.wire("dht22", 4, threshold=2)
        await self.time.passes(10)
        self.bench.air["4"] = (21.5, 42)
        await self.time.passes(60)
        self.assertEqual([readings["humidity"] for _, readings in self.told], [40, 42])

    async def test_one_that_is_not_there_says_so(self):
        self.wire("dht22", 4)
        self.assertIn("the DHT22 on pin 4 cannot be read", await self.failure())

    async def test_a_wrong_check_sum_is_repeated(self):
        self.bench.air["4"] = GARBLED
        self.wire("dht22", 4)
        await self.time.passes(3)
        self.bench.air["4"] = (21.5, 40)
        await self.time.passes(2)
        self.assertEqual([ms for ms, _ in self.told], [4_000])

    async def test_nothing_but_zeros_is_no_reading(self):
        self.bench.air["4"] = (0, 0)
        self.wire("dht22", 4)
        self.assertIn("did not measure", await self.failure())


class TestWiring(Fixture):
    async def test_pin_and_kind_are_tried_out_and_the_rest_is_not(self):
        self.wire("none", "")
        risky = sorted(key for key, setting in self.settings.declared.items() if setting.risky)
        self.assertEqual(risky, ["sensor.kind", "sensor.pin"])

    async def test_another_kind_is_read_at_once(self):
        self.bench.probes["4"] = {FIRST: 21.0}
        self.wire("chip", "")
        await self.time.passes(10)
        self.change(kind="ds18b20", pin="4")
        await self.time.passes(1)
        self.assertEqual(self.told[1:], [(10_750, {"temperature": 21.0})])

    async def test_a_pin_that_cannot_do_it_is_refused_and_the_old_sensor_goes_on(self):
        self.wire("chip", "")
        await self.time.passes(10)
        for pin, why in (("99", "invalid pin"), ("34", "pin can only be input"), ("", "no pin is set")):
            with self.assertRaises(NotApplied) as refused:
                self.change(kind="ds18b20", pin=pin)
            self.assertIn("ds18b20 on pin '{}': {}".format(pin, why), str(refused.exception))
        await self.time.passes(30)
        self.assertEqual(self.told[-1], (40_000, {"temperature": 41.23}))


if __name__ == "__main__":
    unittest.main()

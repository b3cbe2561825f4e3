"""The thermometer driver: readings every so many seconds, as telemetry, from whatever sensor there is.

How each kind of sensor is read stands in sensors.py, which is imported only where one is made.
"""

import asyncio

from henge_agent.drivers.driver import Driver, Time, check_pin

# A reading that failed is tried so often in all, this many seconds apart: bits get lost on a long wire, and a DHT22
# wants two seconds between readings.
_ATTEMPTS = 3
_AGAIN_S = 2
# With a threshold, one period in so many tells all the same: who hears nothing longer knows that something is wrong.
QUIET_PERIODS = 10


class Thermometer(Driver):
    """`sensor` has a coroutine `read()` that gives {"temperature": degrees Celsius} and may give more; it may take a
    second and may raise. None: there is no sensor.
    """

    SETTINGS = {
        "sensor.period": {"type": "duration", "min": 1, "max": 3600, "default": 30, "unit": "s"},
        "sensor.offset": {"type": "float", "min": -50, "max": 50, "default": 0, "unit": "°C"},
        "sensor.threshold": {"type": "float", "min": 0, "max": 100, "default": 0},
    }

    def __init__(self, sensor, time: "Time | None" = None) -> None:
        self._sensor = sensor
        self._time = time or Time()
        self._period_s = self._offset = self._threshold = 0.0
        self._changed = asyncio.Event()
        self._bus = asyncio.Lock()  # one reading at a time

    def apply(self, values: dict) -> None:
        """A new period begins with a reading at once."""
        self._period_s = values["sensor.period"]
        self._offset = values["sensor.offset"]
        self._threshold = values["sensor.threshold"]
        self._changed.set()

    async def run(self, tell) -> None:
        """Reads and tells. A sensor that goes on failing ends this; its owner starts it again, later and later."""
        told: dict = {}
        quiet = 0
        while True:
            self._changed.clear()
            readings = await self.read()
            quiet += 1
            if readings and (quiet >= QUIET_PERIODS or differs(told, readings, self._threshold)):
                await tell(readings)
                told, quiet = readings, 0
            await self._time.pause(self._changed, self._period_s)

    async def read(self) -> dict:
        """Readings, the offset added to the temperature. Raises what the sensor raises, after some attempts."""
        async with self._bus:
            left = _ATTEMPTS
            while self._sensor:
                try:
                    readings = await self._sensor.read()
                    readings["temperature"] = round(readings["temperature"] + self._offset, 2)
                    return readings
                except Exception:
                    left -= 1
                    if not left:
                        raise
                await self._time.sleep(_AGAIN_S)
        return {}


class WiredThermometer(Thermometer):
    """With a sensor that the settings name, with the defaults of the board. `chip()` gives the degrees Celsius of the
    board's processor; None: it has no such sensor. `make(kind, pin, probe, time)` gives a sensor; it raises ValueError
    where the hardware has none such.
    """

    WIRING = {
        "sensor.kind": {"type": "enum", "choices": ["none", "ds18b20", "dht22"], "default": "none", "risky": True},
        "sensor.pin": {"type": "string", "max_length": 16, "default": "", "risky": True},
        "sensor.probe": {"type": "string", "max_length": 16, "default": ""},
    }

    def __init__(self, kind: str = "none", pin: "int | str" = "", chip=None, make=None, time=None) -> None:
        super().__init__(None, time)
        self.declare(self.WIRING, {"sensor.kind": kind, "sensor.pin": str(pin)})
        if chip:
            self.SETTINGS["sensor.kind"]["choices"] = ["none", "chip", "ds18b20", "dht22"]
        self._chip = chip
        self._make = make
        self._wiring: "tuple | None" = None

    def apply(self, values: dict) -> None:
        """Makes another sensor where the wiring has changed. Raises what the hardware raises, and has none then."""
        wiring = tuple(values["sensor." + name] for name in ("kind", "pin", "probe"))
        if wiring != self._wiring:
            check_pin(values, "sensor.pin")
            self._sensor = self._wiring = None
            self._sensor = self._made(*wiring)
            self._wiring = wiring
        super().apply(values)

    def _made(self, kind: str, pin: str, probe: str):
        if kind == "none":
            return None
        if kind == "chip":
            return _Chip(self._chip)
        if self._make is None:
            from henge_agent.drivers import sensors

            self._make = sensors.make
        return self._make(kind, pin, probe, self._time)


class _Chip:
    """The thermometer that is part of a processor: it is some degrees warmer than the room."""

    def __init__(self, celsius) -> None:
        self._celsius = celsius

    async def read(self) -> dict:
        return {"temperature": self._celsius()}


def differs(told: dict, readings: dict, threshold: float) -> bool:
    """Whether one of the readings is at least `threshold` from what was told of it last, or nothing was."""
    return any(name not in told or abs(readings[name] - told[name]) >= threshold for name in readings)

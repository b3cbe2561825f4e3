"""The thermometer driver: a reading every so many seconds, as telemetry."""

import asyncio

from henge_agent.drivers.driver import Driver


class Thermometer(Driver):
    """`sensor` has a coroutine `read()` that gives degrees Celsius; it may take a second and may raise OSError."""

    SETTINGS = {"sensor.period": {"type": "duration", "min": 1, "max": 3600, "default": 30, "unit": "s"}}

    def __init__(self, sensor) -> None:
        self._sensor = sensor
        self._period_s = 0.0
        self._changed = asyncio.Event()

    def apply(self, values: dict) -> None:
        """A new period begins with a reading at once."""
        self._period_s = values["sensor.period"]
        self._changed.set()

    async def run(self, tell) -> None:
        """Reads and tells. A sensor that fails ends this; its owner starts it again, later and later."""
        while True:
            self._changed.clear()
            await tell({"temperature": await self._sensor.read()})
            try:
                await asyncio.wait_for(self._changed.wait(), self._period_s)
            except asyncio.TimeoutError:
                pass  # the period is over

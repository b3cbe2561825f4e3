"""A relay, for a pump or a heater: never on for longer than is good for it."""

import asyncio

from henge_agent.drivers.driver import Driver, Time, pin_id
from machine import Pin


class Relay(Driver):
    SETTINGS = {
        "relay.pin": {"type": "string", "max_length": 16, "default": "15", "risky": True},
        "relay.on": {"type": "bool", "default": False},
        "relay.longest": {"type": "duration", "min": 1, "max": 86400, "default": 600, "unit": "s"},
    }

    def __init__(self, time=None):
        self._time = time or Time()
        self._pin_text = self._pin = None
        self._changed = asyncio.Event()

    def apply(self, values):
        if values["relay.pin"] != self._pin_text:
            if self._pin:
                self._pin.off()
            self._pin_text = self._pin = None
            self._pin = Pin(pin_id(values["relay.pin"]), Pin.OUT, value=0)  # raises ValueError for a pin it has not
            self._pin_text = values["relay.pin"]
        self._pin.value(values["relay.on"])
        self._longest = values["relay.longest"]
        self._changed.set()

    async def run(self, tell):
        while True:
            self._changed.clear()
            await tell(await self.read())
            await self._time.pause(self._changed, self._longest)
            if not self._changed.is_set():
                self._pin.off()

    async def read(self):
        return {"relay": bool(self._pin.value())}


def drivers(board):
    return [Relay()]

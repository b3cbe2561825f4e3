"""Thermometers of a virtual board: `onewire`, `ds18x20` and `dht`, `esp32` and `rp2` as far as it has them. What they
measure is what the surroundings say.

From MicroPython's documentation of esp32 and rp2 ("OneWire driver", "DHT driver"), and micropython-lib's modules.
"""

import struct

import wire
from sim_pins import Pin

_TIMED_OUT = 110

# In a temperature's place, and in that of temperature and humidity.
SHORTED, GARBLED = "shorted", "garbled"


class OneWireError(Exception):
    """onewire.OneWireError: nothing on the wire answers."""


class OneWire:
    """onewire.OneWire."""

    def __init__(self, pin: Pin) -> None:
        self.pin = pin
        pin.init(pin.OPEN_DRAIN, pin.PULL_UP)


class DS18X20:
    """ds18x20.DS18X20: `buf` is what the probe's scratchpad holds, nine bytes."""

    def __init__(self, onewire: OneWire) -> None:
        self.ow = onewire
        self.buf = bytearray(9)

    def scan(self) -> list:
        return [bytearray(bytes.fromhex(code)) for code in sorted(self._probes())]

    def convert_temp(self) -> None:
        if not self._probes():
            raise OneWireError()

    def read_temp(self, rom) -> float:
        celsius = self._probes().get(bytes(rom).hex())
        if celsius is None:  # nobody pulls the line down: all ones, whose check sum is wrong
            raise Exception("CRC error")
        if celsius == SHORTED:  # all zeros, whose check sum is right
            self.buf[:] = bytes(9)
            return 0.0
        self.buf[:] = struct.pack("<hBBBBBBB", int(celsius * 16), 75, 70, 127, 255, 12, 16, 0)
        return int(celsius * 16) / 16

    def _probes(self) -> dict:
        return wire.ask(ask="probes", pin=self.ow.pin.name)


class DHT22:
    """dht.DHT22."""

    def __init__(self, pin: Pin) -> None:
        self.pin = pin
        self._measured = (0.0, 0.0)

    def measure(self) -> None:
        measured = wire.ask(ask="air", pin=self.pin.name)
        if measured is None:
            raise OSError(_TIMED_OUT)
        if measured == GARBLED:
            raise Exception("checksum error")
        self._measured = measured

    def temperature(self) -> float:
        return self._measured[0]

    def humidity(self) -> float:
        return self._measured[1]


def raw_temperature() -> int:
    """esp32.raw_temperature: degrees Fahrenheit, of the chip."""
    return round(wire.ask(ask="chip") * 1.8 + 32)

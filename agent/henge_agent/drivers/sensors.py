"""Sensors: how a DS18B20 and a DHT22 are read. A value that a sensor gives without having measured is an error here.

From the data sheets (Maxim DS18B20, Aosong AM2302) and MicroPython's modules ds18x20 and dht, which are imported where
they are used.
"""

import binascii

from henge_agent.drivers.driver import Time, pin_id, why

_CONVERSION_S = 0.75  # DS18B20, "thermometer resolution configuration": the longest, for 12 bits
_POWER_ON = 85.0  # DS18B20, "operation": what it shows before its first conversion
_REST_MS = 2000  # AM2302, "power and pins": between two readings, and after the power came


def make(kind: str, pin: str, probe: str, time: Time):
    """The sensor of this kind. Raises ValueError where the board has no such pin, or the pin cannot do it."""
    try:
        from machine import Pin

        line = Pin(pin_id(pin))
        return Dht22(line, pin, time) if kind == "dht22" else Ds18b20(line, pin, probe, time)
    except Exception as error:
        raise ValueError("{} on pin '{}': {}".format(kind, pin, why(error)))


class Ds18b20:
    """The probe with the code `probe`, 16 hex digits; where that is empty, the first on the wire."""

    def __init__(self, line, pin: str, probe: str, time: Time) -> None:
        from ds18x20 import DS18X20
        from onewire import OneWire

        self._wire = DS18X20(OneWire(line))
        self._pin = pin
        self._probe = probe.lower()
        self._time = time

    async def read(self) -> dict:
        """{"temperature": degrees Celsius}. Raises OSError."""
        code = self._find()
        try:
            self._wire.convert_temp()
            await self._time.sleep(_CONVERSION_S)
            celsius = self._wire.read_temp(code)
            nothing = not any(self._wire.buf)
        except Exception as error:  # MicroPython's modules raise no more special ones
            raise OSError("the probe on pin {} cannot be read: {}".format(self._pin, why(error)))
        if nothing or celsius == _POWER_ON:
            raise OSError("the probe on pin {} did not measure: is its power stable?".format(self._pin))
        return {"temperature": celsius}

    def _find(self) -> bytes:
        codes = self._wire.scan()
        names = [binascii.hexlify(code).decode() for code in codes]
        if codes and not self._probe:
            return codes[0]
        if self._probe in names:
            return codes[names.index(self._probe)]
        wanted = "probe " + self._probe if names else "probe"
        raise OSError("no {} on pin {}{}".format(wanted, self._pin, ", but " + ", ".join(names) if names else ""))


class Dht22:
    """Temperature and humidity of the air."""

    def __init__(self, line, pin: str, time: Time) -> None:
        from dht import DHT22

        self._sensor = DHT22(line)
        self._pin = pin
        self._time = time
        self._began = time.ms()

    async def read(self) -> dict:
        """{"temperature": degrees Celsius, "humidity": percent}, after a rest where it needs one. Raises OSError."""
        await self._time.sleep(max(0, _REST_MS - self._time.since(self._began)) / 1000)
        self._began = self._time.ms()
        try:
            self._sensor.measure()
        except Exception as error:
            raise OSError("the DHT22 on pin {} cannot be read: {}".format(self._pin, why(error)))
        celsius, humidity = self._sensor.temperature(), self._sensor.humidity()
        if not celsius and not humidity:  # a line at low level, whose check sum is right
            raise OSError("the DHT22 on pin {} did not measure: is it wired as it should?".format(self._pin))
        return {"temperature": celsius, "humidity": round(humidity, 1)}

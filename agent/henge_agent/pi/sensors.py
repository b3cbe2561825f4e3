"""Sensors of a Raspberry Pi: DS18B20 probes on the kernel's 1-Wire bus, and the processor's own thermometer.

From the kernel's documentation, w1/slaves/w1_therm and thermal/sysfs-api. A value that was not measured is an error.
"""

import asyncio
import os

from henge_agent.drivers.driver import Time, why
from henge_agent.drivers.thermometer import WiredThermometer

_BUS = "/sys/bus/w1/devices"
_CHIP = "/sys/class/thermal/thermal_zone0/temp"
_FAMILY = "28-"  # of a DS18B20
_POWER_ON = 85_000  # thousandths of a degree: what it shows before its first conversion
_ROM_DIGITS = 16  # family, six bytes of number, check sum, as MicroPython and other agents of henge name a probe


class PiThermometer(WiredThermometer):
    """`sensor.probe` is a name on the bus (28-0316a2795bff), or the 16 digits by which a board knows the same probe.

    The pin of the bus is set in /boot/firmware/config.txt, so there is no setting for it. `root` is where /sys lies.
    """

    def __init__(self, root: str = "", time=None) -> None:
        super().__init__(chip=lambda: _thousandths(root + _CHIP) / 1000, make=self._probe_at, time=time)
        del self.SETTINGS["sensor.pin"]
        self.SETTINGS["sensor.kind"]["choices"] = ["none", "chip", "ds18b20"]
        self._bus_folder = root + _BUS

    def apply(self, values: dict) -> None:
        super().apply(dict(values, **{"sensor.pin": ""}))

    def _probe_at(self, kind: str, pin: str, probe: str, time: Time) -> "Probe":
        return Probe(self._bus_folder, probe)


class Probe:
    """The probe of that name; where it is empty, the first on the bus."""

    def __init__(self, folder: str, probe: str) -> None:
        self._folder = folder
        self._probe = _bus_name(probe)

    async def read(self) -> dict:
        """{"temperature": degrees Celsius}. Raises OSError."""
        return {"temperature": await asyncio.to_thread(self._measure)}  # the kernel takes most of a second for it

    def _measure(self) -> float:
        name = self._found()
        try:
            with open("{}/{}/w1_slave".format(self._folder, name)) as file:
                text = file.read()
        except OSError as error:
            raise OSError("the probe {} cannot be read: {}".format(name, why(error)))
        check, _, value = text.partition("\n")
        number = value.strip().rpartition("t=")[2]
        if not check.endswith("YES") or not number.lstrip("-").isdigit():
            raise OSError(
                "what the probe {} sent does not add up: is its wire long, or a resistor missing?".format(name)
            )
        if int(number) == _POWER_ON or check.startswith("00 00 00 00 00 00 00 00 00"):
            raise OSError("the probe {} did not measure: is its power stable?".format(name))
        return int(number) / 1000

    def _found(self) -> str:
        try:
            names = sorted(name for name in os.listdir(self._folder) if name.startswith(_FAMILY))
        except OSError:
            raise OSError("there is no 1-Wire bus: `dtoverlay=w1-gpio` in /boot/firmware/config.txt makes one")
        if names and not self._probe:
            return names[0]
        if self._probe in names:
            return self._probe
        wanted = "probe " + self._probe if self._probe else "probe"
        raise OSError("no {} on the 1-Wire bus{}".format(wanted, ", but " + ", ".join(names) if names else ""))


def _bus_name(probe: str) -> str:
    """`28ff5b79a2160300` and `28-0316a2795bff` are one probe: the bus has its number the other way round."""
    probe = probe.lower()
    if len(probe) != _ROM_DIGITS or probe.startswith(_FAMILY):
        return probe
    number = [probe[at : at + 2] for at in range(2, 14, 2)]
    return probe[:2] + "-" + "".join(reversed(number))


def _thousandths(path: str) -> int:
    """Raises OSError."""
    with open(path) as file:
        return int(file.read())

"""The Raspberry Pi Pico W and Pico 2 W, as the agent needs a board: what differs from chip to chip, no more.

From MicroPython's documentation of machine, its sources in ports/rp2, the data sheets of RP2040 and RP2350 and the Pico
SDK's hardware_watchdog. Tried on no hardware so far.
"""

import os

import machine
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_agent.wifi_board import WifiBoard

# RP2040 cannot count further ("Watchdog", LOAD): 24 bits, two steps a microsecond. RP2350 could count twice as far.
_WATCHDOG_MS = 8388

# The watchdog's SCRATCH0; eight registers of four bytes that outlive a reset. The boot ROM and the SDK use 4 to 7 for a
# program to start at, which MicroPython never has, ROMs use 0 to 3 for parameters; 4 says why the watchdog bit.
_SCRATCH = (0x400D8000 if "RP2350" in os.uname().machine else 0x40058000) + 0x0C
_WHY = _SCRATCH + 4 * 4
_COUNT = _SCRATCH + 7 * 4
_BITTEN = 0x6AB73121  # WATCHDOG_NON_REBOOT_MAGIC: armed by machine.WDT. machine.reset() leaves 0
_MARK = 0x68656E00  # "hen", and the count in the lowest byte


class Pico(WifiBoard):
    """A Pico W that was set up with `provision`."""

    name = "pico"

    def __init__(self, provision) -> None:
        self.uid = machine.unique_id()
        self.reset_cause = _cause()
        super().__init__(provision)

    def drivers(self) -> list:
        return [WiredLed("plain", "LED"), WiredThermometer("chip", chip=_celsius)]

    def reboot(self) -> None:
        machine.reset()

    def _watchdog(self):
        return machine.WDT(timeout=_WATCHDOG_MS)

    def _kept(self) -> int:
        word = machine.mem32[_COUNT]
        return word & 0xFF if word & 0xFFFFFF00 == _MARK else 0

    def _keep(self, count: int) -> None:
        machine.mem32[_COUNT] = _MARK | min(count, 255)


def _cause() -> str:
    """MicroPython says WDT_RESET of both: machine.reset() is done by the watchdog too."""
    if machine.reset_cause() != machine.WDT_RESET:
        return "power"
    return "watchdog" if machine.mem32[_WHY] == _BITTEN else "reset"


def _celsius() -> float:
    """Of the chip: 0.706 V at 27 degrees, 1.721 mV less for each one more (RP2040 data sheet, "Temperature Sensor")."""
    volts = machine.ADC(machine.ADC.CORE_TEMP).read_u16() * 3.3 / 65535
    return round(27 - (volts - 0.706) / 0.001721, 1)

"""The ESP32 and its relatives (S2, S3, C3, C6), as the agent needs a board: what differs from chip to chip, no more.

From MicroPython's documentation of machine and esp32, and its sources in ports/esp32. Tried on no hardware so far.
"""

import esp32
import machine
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_agent.wifi_board import WifiBoard

_LED_PIN = 2  # where most boards with the first ESP32 have a blue one; the settings say what others have
_WATCHDOG_MS = 30_000  # a scan, a handshake of TLS and a name of mDNS block for some seconds each
_MARK = b"henge"  # what the count is kept behind, in memory that anybody may write

_CAUSES = {
    machine.PWRON_RESET: "power",  # also the EN button, and a voltage that was too low
    machine.HARD_RESET: "reset",  # machine.reset(), and a panic of the system
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "sleep",
    machine.SOFT_RESET: "soft",
}


class Esp32(WifiBoard):
    """An ESP32 that was set up with `provision`."""

    name = "esp32"

    def __init__(self, provision) -> None:
        self.uid = machine.unique_id()
        self.reset_cause = _CAUSES.get(machine.reset_cause(), "unknown")
        super().__init__(provision)

    def drivers(self) -> list:
        return [WiredLed("plain", _LED_PIN), WiredThermometer("chip", chip=_celsius)]

    def reboot(self) -> None:
        machine.reset()

    def _watchdog(self):
        return machine.WDT(timeout=_WATCHDOG_MS)

    def _kept(self) -> int:
        memory = machine.RTC().memory()
        return memory[-1] if memory[:-1] == _MARK else 0

    def _keep(self, count: int) -> None:
        machine.RTC().memory(_MARK + bytes([min(count, 255)]))


def _celsius() -> float:
    """Of the chip. The first ESP32 gives Fahrenheit, and none that two of them agree on."""
    celsius = getattr(esp32, "mcu_temperature", None)
    return celsius() if celsius else round((esp32.raw_temperature() - 32) / 1.8, 1)

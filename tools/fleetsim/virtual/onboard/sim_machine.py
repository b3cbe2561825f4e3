"""What is left of `machine` on a virtual board: resets and why, the watchdog, the RTC, and the registers that outlive a
reset of an RP2040.

From MicroPython's documentation of machine, machine.WDT and machine.RTC, ports/esp32 and ports/rp2 of its source, the
RP2040 data sheet ("Watchdog") and the Pico SDK's hardware_watchdog.
"""

import time

import wire
from sim_pins import ADC, PWM, Pin

_PWRON, _HARD, _WDT, _DEEPSLEEP, _SOFT = 1, 2, 3, 4, 5
_SCRATCH = 0x40058000 + 0x0C  # RP2040: eight registers of four bytes
_SCRATCH_COUNT = 8
_ARMED = 0x6AB73121  # what watchdog_enable leaves in the fifth; watchdog_reboot, which machine.reset() is, leaves 0
_RP2_LONGEST_MS = 8388  # machine.WDT: 24 bits at two steps a microsecond

# By what was done to the board. ESP32: ports/esp32/modmachine.c; rp2 does machine.reset() with the watchdog.
_CAUSES = {
    "esp32": {"power": _PWRON, "hard": _HARD, "watchdog": _WDT, "soft": _SOFT},
    "pico": {"power": _PWRON, "hard": _WDT, "watchdog": _WDT},
}


class Registers:
    """machine.mem32, of which there is only the watchdog's scratch."""

    def __getitem__(self, address: int) -> int:
        return wire.ask(ask="scratch", at=self._at(address))

    def __setitem__(self, address: int, word: int) -> None:
        wire.tell(scratch=self._at(address), word=word & 0xFFFFFFFF)

    def _at(self, address: int) -> int:
        at = (address - _SCRATCH) // 4
        if not 0 <= at < _SCRATCH_COUNT:
            raise NotImplementedError("a virtual board has no register at {}".format(hex(address)))
        return at


class Machine:
    """The module's names for one kind of board, which was reset for `cause`."""

    def __init__(self, kind: str, cause: str, uid: bytes) -> None:
        Pin.kind = kind
        self._kind = kind
        self._cause = cause
        self._uid = uid
        self._mem32 = Registers()

    def names(self) -> dict:
        """For the overlay."""
        names = {
            "Pin": Pin,
            "PWM": PWM,
            "ADC": ADC,
            "RTC": Rtc if self._kind == "esp32" else PlainRtc,
            "WDT": self.watchdog,
            "PWRON_RESET": _PWRON,
            "WDT_RESET": _WDT,
            "reset": self.reset,
            "soft_reset": soft_reset,
            "reset_cause": self.reset_cause,
            "unique_id": lambda: self._uid,
            "freq": lambda *_: 160000000 if self._kind == "esp32" else 125000000,
            "idle": lambda: time.sleep_ms(1),  # type: ignore[attr-defined]
        }
        if self._kind == "esp32":
            names.update({"HARD_RESET": _HARD, "DEEPSLEEP_RESET": _DEEPSLEEP, "SOFT_RESET": _SOFT})
        else:
            names["mem32"] = self._mem32
        return names

    def reset_cause(self) -> int:
        """A soft reset leaves rp2's hardware, and so the cause, as it was."""
        causes = _CAUSES[self._kind]
        return causes.get(self._cause) or causes[wire.ask(ask="cause")]

    def reset(self) -> None:
        """Never returns."""
        if self._kind == "pico":
            self._mem32[_SCRATCH + 4 * 4] = 0
        wire.tell(reset="hard")
        while True:
            time.sleep(1)

    def watchdog(self, id: int = 0, timeout: int = 5000):
        """machine.WDT."""
        if self._kind == "pico":
            if timeout > _RP2_LONGEST_MS:
                raise ValueError("timeout exceeds " + str(_RP2_LONGEST_MS))
            self._mem32[_SCRATCH + 4 * 4] = _ARMED
        return Watchdog(timeout)


class Watchdog:
    """machine.WDT, once it is started: the surroundings kill the board when they do not hear of it in time."""

    def __init__(self, timeout: int) -> None:
        self._timeout = timeout
        self.feed()

    def feed(self) -> None:
        wire.tell(watchdog=self._timeout)


class PlainRtc:
    """machine.RTC of rp2. The time is the computer's, and setting it changes nothing."""

    def __init__(self, id: int = 0) -> None:
        pass

    def datetime(self, when=None):
        if when is None:
            year, month, day, hour, minute, second, weekday, _ = time.gmtime()  # type: ignore[misc]
            return year, month, day, weekday, hour, minute, second, 0
        return None


class Rtc(PlainRtc):
    """machine.RTC of esp32: `memory` outlives every reset but not the loss of power."""

    MAX_BYTES = 2048

    def memory(self, data=None):
        if data is None:
            return bytes.fromhex(wire.ask(ask="memory"))
        if len(data) > self.MAX_BYTES:
            raise ValueError("buffer too long")
        wire.tell(memory=bytes(data).hex())
        return None


def soft_reset() -> None:
    """Ends the program and all others, and starts boot.py again."""
    raise SystemExit()

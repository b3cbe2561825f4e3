"""What is around a virtual board, and what of it outlives a reset: its pins and lights as seen from outside, its RTC's
memory, its watchdog's registers, the Wi-Fi and the sensors.
"""

from collections.abc import Callable
from typing import Any

from fleetsim.virtual.radio import Air, Radio
from fleetsim.virtual.uplink import Uplink

_REGISTERS = 8
_PULL_UP = 1
_CORE_TEMPERATURE = "4"  # the ADC's channel of rp2's own thermometer


class Surroundings:
    """Answers what the board asks and takes what it does, in the board's thread. Others may read at any time."""

    def __init__(self, air: Air) -> None:
        self.pins: dict[str, int] = {}
        self.duties: dict[str, int] = {}
        self.strips: dict[str, list[tuple[int, ...]]] = {}
        self.inputs: dict[str, int] = {}
        self.analog: dict[str, int] = {}
        self.probes: dict[str, dict[str, float]] = {}
        self.weather: dict[str, tuple[float, float]] = {}
        self.chip_celsius = 30.0
        self.cause = "power"
        self.radio = Radio(air)
        self._uplink = Uplink(self._is_up)
        self._answers: dict[str, Callable[[dict[str, Any]], object]] = {
            "pin": lambda asked: self.inputs.get(asked["pin"], 1 if asked["pull"] == _PULL_UP else 0),
            "analog": self._measure,
            "memory": lambda _: self._memory,
            "scratch": lambda asked: self._scratch[asked["at"]],
            "cause": lambda _: self.cause,
            "radio": self._use_radio,
            "scan": lambda _: self.radio.scan(),
            "rssi": lambda _: self.radio.network.rssi if self.radio.network else None,
            "way": lambda asked: self._uplink.way(asked["host"], asked["port"]) if self.radio.network else None,
            "probes": lambda asked: self.probes.get(asked["pin"], {}),
            "air": lambda asked: self.weather.get(asked["pin"]),
            "chip": lambda _: self.chip_celsius,
        }
        self.power_failed()

    @property
    def attempts(self) -> list[float]:
        """When the board has asked for a connection, in seconds of the monotonic clock."""
        return self._uplink.attempts

    def power_failed(self) -> None:
        """Nothing in memory is left, and everything is dark."""
        self._memory = ""
        self._scratch = [0] * _REGISTERS
        self.strips.clear()
        self.reset("power")

    def dies(self) -> None:
        """Whatever the reason: those at the other end of its connections do not hear of it."""
        self._uplink.orphan()

    def reset(self, cause: str) -> None:
        """Pins are inputs again; a strip goes on showing what it was told, and the radio outlives a soft reset."""
        self.pins.clear()
        self.duties.clear()
        if cause != "soft":
            self.radio.off()

    def close(self) -> None:
        self._uplink.close()

    def happened(self, event: dict[str, Any]) -> None:
        """The board did something: the first key says what."""
        if "pin" in event:
            self.duties.pop(event["pin"], None)
            self.pins[event["pin"]] = event["value"]
        elif "pwm" in event:
            self.pins.pop(event["pwm"], None)
            self.duties.pop(event["pwm"], None)
            if event["duty"] is not None:
                self.duties[event["pwm"]] = event["duty"]
        elif "strip" in event:
            self.strips[event["strip"]] = [tuple(color) for color in event["colors"]]
        elif "memory" in event:
            self._memory = event["memory"]
        elif "scratch" in event:
            self._scratch[event["scratch"]] = event["word"]

    def answer(self, question: dict[str, Any]) -> object:
        """What the board asked for."""
        return self._answers[question["ask"]](question)

    def _measure(self, asked: dict[str, Any]) -> int:
        """RP2040 data sheet, "Temperature Sensor": 0.706 V at 27 degrees, 1.721 mV less for each one more."""
        if asked["channel"] == _CORE_TEMPERATURE and _CORE_TEMPERATURE not in self.analog:
            return round((0.706 - (self.chip_celsius - 27) * 0.001721) / 3.3 * 65535)
        return self.analog.get(asked["channel"], 0)

    def _use_radio(self, asked: dict[str, Any]) -> int:
        if "on" in asked:
            self.radio.on() if asked["on"] else self.radio.off()
        elif "join" in asked or "again" in asked:
            self.radio.join(asked.get("join"), asked.get("key", ""))
        elif "leave" in asked:
            self.radio.leave()
        return self.radio.state

    def _is_up(self) -> bool:
        network = self.radio.network
        return network is not None and network.leads_out

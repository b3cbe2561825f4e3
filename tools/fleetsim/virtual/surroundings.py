"""What is around a virtual board, and what of it outlives a reset: its pins and lights as seen from outside, its RTC's
memory, its watchdog's registers.
"""

from typing import Any

_REGISTERS = 8
_PULL_UP = 1


class Surroundings:
    """Answers what the board asks and takes what it does, in the board's thread. Others may read at any time."""

    def __init__(self) -> None:
        self.pins: dict[str, int] = {}
        self.duties: dict[str, int] = {}
        self.strips: dict[str, list[tuple[int, ...]]] = {}
        self.inputs: dict[str, int] = {}
        self.analog: dict[str, int] = {}
        self.cause = "power"
        self.power_failed()

    def power_failed(self) -> None:
        """Nothing in memory is left."""
        self._memory = ""
        self._scratch = [0] * _REGISTERS
        self.strips.clear()

    def reset(self) -> None:
        """Pins are inputs again; a strip goes on showing what it was told."""
        self.pins.clear()
        self.duties.clear()

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
        match question["ask"]:
            case "pin":
                return self.inputs.get(question["pin"], 1 if question["pull"] == _PULL_UP else 0)
            case "analog":
                return self.analog.get(question["channel"], 0)
            case "memory":
                return self._memory
            case "scratch":
                return self._scratch[question["at"]]
            case "cause":
                return self.cause
        raise ValueError(f"a virtual board cannot ask {question}")

"""Lights on a Raspberry Pi's pins, by gpiozero, which is imported where a light is made. Colours are not decided here.

From gpiozero's documentation, "API - Output Devices" and "Pin Numbering". gpiozero is in the extra `pi`.
"""

from henge_agent.drivers.driver import why
from henge_agent.drivers.led import Light, WiredLed

_KINDS = ["none", "plain", "pwm", "rgb"]  # WS2812 wants a timing that Linux does not keep
_RGB_PINS = 3


class PiLed(WiredLed):
    """`led.pin` is a name as gpiozero has it: 17 or GPIO17, BOARD11; for a light of kind rgb three, 17,27,22."""

    def __init__(self, make=None, time=None) -> None:
        super().__init__(make=make or make_light, time=time)
        del self.SETTINGS["led.count"]
        self.SETTINGS["led.kind"]["choices"] = _KINDS

    def apply(self, values: dict) -> None:
        """Raises ValueError where there is no such pin, or it is in use."""
        super().apply(dict(values, **{"led.count": 1}))


def make_light(kind: str, pin: str, count: int, inverted: bool, factory=None) -> Light:
    """The light of this kind. `factory` is gpiozero's for pins; None: the machine's own. Raises ValueError."""
    try:
        import gpiozero
    except ImportError:
        raise ValueError("gpiozero is not installed: docs/linux-agent.md says how to")
    more = {"active_high": not inverted, "pin_factory": factory}
    try:
        if kind == "plain":
            return Plain(gpiozero.LED(_one(pin), **more))
        if kind == "pwm":
            return Dimmed(gpiozero.PWMLED(_one(pin), **more))
        return Coloured(gpiozero.RGBLED(*_three(pin), **more))
    except (gpiozero.GPIOZeroError, ValueError, OSError) as error:
        raise ValueError("{} on pin '{}': {}".format(kind, pin, why(error)))


class Plain(Light):
    """On for every colour but black."""

    dims = False

    def __init__(self, device) -> None:
        self._device = device

    def set(self, red: int, green: int, blue: int) -> None:
        self._device.value = bool(red or green or blue)

    def close(self) -> None:
        self._device.close()


class Dimmed(Plain):
    """As bright as the strongest of the three colours."""

    dims = True

    def set(self, red: int, green: int, blue: int) -> None:
        self._device.value = _share(max(red, green, blue))


class Coloured(Dimmed):
    """A light with a pin for each colour."""

    def set(self, red: int, green: int, blue: int) -> None:
        self._device.value = _share(red), _share(green), _share(blue)


def _share(level: int) -> float:
    """Of time at high level: the square of 0..255, as the eye measures."""
    return level * level / 65025


def _one(pin: str) -> str:
    if not pin:
        raise ValueError("no pin is set")
    return pin


def _three(pins: str) -> "list[str]":
    names = [name.strip() for name in pins.split(",")]
    if len(names) != _RGB_PINS or not all(names):
        raise ValueError("three pins are needed, like 17,27,22 for red, green, blue")
    return names

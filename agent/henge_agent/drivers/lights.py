"""Lights: what turns a colour into levels on pins, one class for each kind. They decide nothing about colours.

From MicroPython's documentation of machine.Pin, machine.PWM and neopixel; each module is imported where it is used.
"""

from henge_agent.drivers.driver import pin_id, why
from henge_agent.drivers.led import Light

_PWM_HZ = 1000  # above what the eye or a camera sees as flicker, and within the range of both boards


def make(kind: str, pin: str, count: int, inverted: bool) -> Light:
    """The light of this kind. Raises ValueError where the board has no such pin, or the pin cannot do it."""
    try:
        if kind == "ws2812":
            return Strip(pin_id(pin), count)
        return (Dimmed if kind == "pwm" else Plain)(pin_id(pin), inverted)
    except Exception as error:
        raise ValueError("{} on pin '{}': {}".format(kind, pin, why(error)))


class Plain(Light):
    """A pin that is on or off: on for every colour but black."""

    dims = False

    def __init__(self, pin, inverted: bool) -> None:
        from machine import Pin

        self._inverted = inverted
        self._pin = Pin(pin, Pin.OUT, value=inverted)

    def set(self, red: int, green: int, blue: int) -> None:
        self._pin.value(bool(red or green or blue) != self._inverted)

    def close(self) -> None:
        self.set(0, 0, 0)


class Dimmed(Light):
    """A pin whose share of time at high level is the brightness: that of the strongest of the three colours.

    The share is the square of the value: that is how the eye measures, and a breath that looks even.
    """

    def __init__(self, pin, inverted: bool) -> None:
        from machine import PWM, Pin

        self._dark = 65535 if inverted else 0
        self._pin = Pin(pin, Pin.OUT, value=inverted)
        self._pwm = PWM(self._pin, freq=_PWM_HZ, duty_u16=self._dark)

    def set(self, red: int, green: int, blue: int) -> None:
        level = max(red, green, blue)
        self._pwm.duty_u16(abs(self._dark - level * level * 65535 // 65025))

    def close(self) -> None:
        self._pwm.deinit()
        self._pin.init(
            self._pin.OUT, value=self._dark != 0
        )  # what a pin does after `deinit` differs between the boards


class Strip(Light):
    """`count` WS2812 in a row, all of one colour."""

    def __init__(self, pin, count: int) -> None:
        from machine import Pin
        from neopixel import NeoPixel

        self._pixels = NeoPixel(Pin(pin, Pin.OUT), count)

    def set(self, red: int, green: int, blue: int) -> None:
        self._pixels.fill((red, green, blue))
        self._pixels.write()

    def close(self) -> None:
        self.set(0, 0, 0)

"""The LED driver: colour, brightness and a mode, on whatever light the board has or the settings name.

What each kind of light makes of a colour stands in lights.py, which is imported only where one is made.
"""

import asyncio
import math

from henge_agent.drivers.driver import Driver, Time, check_pin

# Milliseconds of light and of dark: one blink a second, which the eye takes for "blinking" and not for "broken".
_BLINK_MS = 500
# One breath in milliseconds: that of a person at rest.
_BREATH_MS = 4000
# Between two steps of a breath. 40 ms look smooth and leave a board's processor idle for 95 % of the time.
_BREATH_STEP_MS = 40
# Three flashes in half a second, then half a second of dark: no mode looks like it.
_FLASH_MS = 100
_IDENTIFY = "identify"
# Seconds: long enough to walk past a shelf of boards, short enough not to be taken for a setting.
IDENTIFY_S = 10
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


class Light:
    """A light that nobody sees, and the base of those that somebody does."""

    dims = True  # False: it knows no more than on and off, so a breath becomes a slow blink

    def set(self, red: int, green: int, blue: int) -> None:
        """Drives the pins with 0..255 each."""

    def close(self) -> None:
        """Goes dark and lets go of the pins."""


class Led(Driver):
    """On a light that is there for good, as `Light` has it."""

    SETTINGS = {
        "led.on": {"type": "bool", "default": True},
        "led.color": {"type": "color", "default": "#ff8800"},
        "led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"},
        "led.mode": {"type": "enum", "choices": ["steady", "blink", "breathe"], "default": "steady"},
    }

    def __init__(self, light, time: "Time | None" = None) -> None:
        self._light = light
        self._time = time or Time()
        self._wanted: list = [_BLACK, "steady"]  # what the settings say: a colour and a mode
        self._shown = self._wanted  # this very list, or another one while a person is shown which board it is
        self._changed = asyncio.Event()

    def apply(self, values: dict) -> None:
        """Shows the new colour at once; a mode that moves begins with it."""
        brightness = values["led.brightness"] if values["led.on"] else 0
        self._wanted = [color(values["led.color"], brightness), values["led.mode"]]
        self._show(self._wanted)

    async def run(self, tell) -> None:
        """Moves the light where the mode says so; otherwise waits for another one."""
        while True:
            self._changed.clear()
            shown = self._shown
            rgb, mode = shown
            step_ms = 0 if rgb == _BLACK else step(mode)
            if not step_ms:
                await self._changed.wait()
                continue
            elapsed_ms = 0
            while shown is self._shown:
                await self._time.sleep(step_ms / 1000)
                elapsed_ms += step_ms
                if shown is self._shown:
                    share = strength(mode, elapsed_ms)
                    self._light.set(*scaled(rgb, share if self._light.dims else int(share + 0.5)))

    async def identify(self) -> None:
        """Flashes white for ten seconds, even where the light is off. Settings that come meanwhile end it."""
        flashing = [_WHITE, _IDENTIFY]
        self._show(flashing)
        try:
            await self._time.sleep(IDENTIFY_S)
        finally:
            if self._shown is flashing:
                self._show(self._wanted)

    def _show(self, shown: list) -> None:
        self._shown = shown
        self._changed.set()
        self._light.set(*shown[0])


class WiredLed(Led):
    """On a light that the settings name, with the defaults of the board. `make(kind, pin, count, inverted)` gives a
    Light; it raises ValueError where the hardware has none such.
    """

    WIRING = {
        "led.kind": {"type": "enum", "choices": ["none", "plain", "pwm", "ws2812"], "default": "none", "risky": True},
        "led.pin": {"type": "string", "max_length": 16, "default": "", "risky": True},
        "led.count": {"type": "int", "min": 1, "max": 256, "default": 1},
        "led.inverted": {"type": "bool", "default": False},
    }

    def __init__(
        self,
        kind: str = "none",
        pin: "int | str" = "",
        count: int = 1,
        inverted: bool = False,
        make=None,
        time: "Time | None" = None,
    ) -> None:
        super().__init__(Light(), time)
        defaults = {"led.kind": kind, "led.pin": str(pin), "led.count": count, "led.inverted": inverted}
        self.declare(self.WIRING, defaults)
        self._make = make
        self._wiring: "tuple | None" = None

    def apply(self, values: dict) -> None:
        """Makes another light where the wiring has changed. Raises what the hardware raises, and is dark then."""
        wiring = tuple(values["led." + name] for name in ("kind", "pin", "count", "inverted"))
        if wiring != self._wiring:
            check_pin(values, "led.pin")
            old, self._light, self._wiring = self._light, Light(), None
            old.close()
            light = self._made(*wiring)
            light.set(*_BLACK)  # some hardware refuses no sooner than it is driven
            self._light, self._wiring = light, wiring
        super().apply(values)

    def _made(self, kind: str, pin: str, count: int, inverted: bool):
        if kind == "none":
            return Light()
        if self._make is None:
            from henge_agent.drivers import lights

            self._make = lights.make
        return self._make(kind, pin, count, inverted)


def color(text: str, brightness: int) -> "tuple[int, int, int]":
    """`#rrggbb` at `brightness` percent, as 0..255 each."""
    return scaled(tuple(int(text[at : at + 2], 16) for at in (1, 3, 5)), brightness / 100)


def scaled(rgb: tuple, share: float) -> "tuple[int, int, int]":
    """A colour at a share of its strength, 0..1."""
    red, green, blue = (int(part * share + 0.5) for part in rgb)
    return red, green, blue


def step(mode: str) -> int:
    """Milliseconds until the light has to change next; 0 where it does not."""
    return {"blink": _BLINK_MS, "breathe": _BREATH_STEP_MS, _IDENTIFY: _FLASH_MS}.get(mode, 0)


def strength(mode: str, elapsed_ms: int) -> float:
    """How strong the light is that long after a mode began, 0..1. Every mode begins at full strength."""
    if mode == "blink":
        return 1.0 if elapsed_ms // _BLINK_MS % 2 == 0 else 0.0
    if mode == "breathe":
        return 0.5 + 0.5 * math.cos(2 * math.pi * (elapsed_ms % _BREATH_MS) / _BREATH_MS)
    if mode == _IDENTIFY:
        return 1.0 if elapsed_ms // _FLASH_MS % 10 in (0, 2, 4) else 0.0
    return 1.0

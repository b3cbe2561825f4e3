"""The LED driver: colour, brightness and a mode, on whatever light the board has."""

import asyncio
import math

from henge_agent.drivers.driver import Driver

# Milliseconds of light and of dark: one blink a second, which the eye takes for "blinking" and not for "broken".
_BLINK_MS = 500
# One breath in milliseconds: that of a person at rest.
_BREATH_MS = 4000
# Between two steps of a breath. 40 ms look smooth and leave a board's processor idle for 95 % of the time.
_BREATH_STEP_MS = 40


class Led(Driver):
    """`light.set(red, green, blue)` takes 0..255 each and drives the pins with exactly that."""

    SETTINGS = {
        "led.on": {"type": "bool", "default": True},
        "led.color": {"type": "color", "default": "#ff8800"},
        "led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"},
        "led.mode": {"type": "enum", "choices": ["steady", "blink", "breathe"], "default": "steady"},
    }

    def __init__(self, light) -> None:
        self._light = light
        self._color = (0, 0, 0)
        self._mode = "steady"
        self._changed = asyncio.Event()

    def apply(self, values: dict) -> None:
        """Shows the new colour at once; a mode that moves begins with it."""
        self._color = color(values["led.color"], values["led.brightness"] if values["led.on"] else 0)
        self._mode = values["led.mode"]
        self._light.set(*self._color)
        self._changed.set()

    async def run(self, tell) -> None:
        """Moves the light where the mode says so; otherwise waits for another one."""
        while True:
            self._changed.clear()
            elapsed_ms = 0
            while not self._changed.is_set():
                step_ms = step(self._mode)
                if not step_ms or self._color == (0, 0, 0):
                    await self._changed.wait()
                    break
                await asyncio.sleep(step_ms / 1000)
                if not self._changed.is_set():
                    elapsed_ms += step_ms
                    self._light.set(*scaled(self._color, strength(self._mode, elapsed_ms)))


def color(text: str, brightness: int) -> "tuple[int, int, int]":
    """`#rrggbb` at `brightness` percent, as 0..255 each."""
    return scaled(tuple(int(text[at : at + 2], 16) for at in (1, 3, 5)), brightness / 100)


def scaled(rgb: tuple, share: float) -> "tuple[int, int, int]":
    """A colour at a share of its strength, 0..1."""
    red, green, blue = (int(part * share + 0.5) for part in rgb)
    return red, green, blue


def step(mode: str) -> int:
    """Milliseconds until the light has to change next; 0 where it does not."""
    return {"blink": _BLINK_MS, "breathe": _BREATH_STEP_MS}.get(mode, 0)


def strength(mode: str, elapsed_ms: int) -> float:
    """How strong the light is that long after a mode began, 0..1. Every mode begins at full strength."""
    if mode == "blink":
        return 1.0 if elapsed_ms // _BLINK_MS % 2 == 0 else 0.0
    if mode == "breathe":
        return 0.5 + 0.5 * math.cos(2 * math.pi * (elapsed_ms % _BREATH_MS) / _BREATH_MS)
    return 1.0

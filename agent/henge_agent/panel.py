"""Panel: shows a simulated board as lines of JSON, one whenever something has changed, at most ten a second."""

import asyncio
import json

# Seconds between two lines: a breathing light moves 25 times a second, which nobody reads.
_INTERVAL_S = 0.1


class Panel:
    """`write(line)` gets each line. What is shown: the pins as they are driven, the last reading, the agent's state."""

    def __init__(self, write) -> None:
        self._write = write
        self._light = (0, 0, 0)
        self._temperature: "float | None" = None
        self._agent: dict = {}
        self._changed = asyncio.Event()

    def light(self, red: int, green: int, blue: int) -> None:
        """The light is driven with 0..255 each."""
        if self._light != (red, green, blue):
            self._light = (red, green, blue)
            self._changed.set()

    def temperature(self, celsius: float) -> None:
        """The sensor was read."""
        if self._temperature != celsius:
            self._temperature = celsius
            self._changed.set()

    def agent(self, status: dict) -> None:
        """The agent's state, as `Agent.status` has it."""
        if self._agent != status:
            self._agent = status
            self._changed.set()

    async def run(self) -> None:
        """Writes until it is cancelled. Raises OSError when nobody reads any more."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._write(json.dumps(self._line()))
            await asyncio.sleep(_INTERVAL_S)

    def _line(self) -> dict:
        red, green, blue = self._light
        line = {"led": {"r": red, "g": green, "b": blue}, "temperature": self._temperature}
        line.update(self._agent)
        return line

"""What the demo knows of its boards, as they show themselves: pure, lines in, rows out."""

import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Board:
    """One board as last seen. `trouble` is said while its process is down."""

    name: str
    red: int = 0
    green: int = 0
    blue: int = 0
    temperature: float | None = None
    mode: str = ""
    rev: int = 0
    state: str = "starting"
    link: str = "down"
    trouble: str = ""
    settings: dict[int, Json] = field(default_factory=dict)  # of each revision; empty while it is looked up

    def take(self, line: str) -> bool:
        """Takes in a line of the agent's output; False where it is none."""
        try:
            said = json.loads(line)
            led = said["led"]
            self.red, self.green, self.blue = (min(255, max(0, int(led[name]))) for name in "rgb")
            self.temperature = said["temperature"]
            self.mode = said["mode"] or ""
            self.rev, self.state, self.link = said["rev"] or 0, said["state"] or "starting", said["link"]
        except (ValueError, TypeError, KeyError):
            return False
        self.trouble = ""
        return True

    def ended(self, how: str) -> None:
        """Its process has ended and will be started again."""
        self.red = self.green = self.blue = 0
        self.state, self.link = "starting", "down"
        self.trouble = f"{self.name} {how}; it is started again"

    @property
    def is_looked_up(self) -> bool:
        """Whether the settings of its revision are just being asked for."""
        return self.settings.get(self.rev) == {}

    @property
    def colour(self) -> str:
        """What the LED does now, as #rrggbb."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def settings_text(self) -> str:
        """The settings of the revision that it runs; as far as it shows them itself until they were looked up."""
        values = self.settings.get(self.rev)
        if not values:
            return self.mode
        light = f"{values.get('led.color')} {values.get('led.brightness')} %" if values.get("led.on") else "off"
        return f"{light} {values.get('led.mode')}, {values.get('sensor.period')} s"

    @property
    def temperature_text(self) -> str:
        return "-" if self.temperature is None else f"{self.temperature:.1f} °C"

    def line(self) -> str:
        """The board in one line, for output that is not a terminal."""
        if self.trouble:
            return self.trouble
        return (
            f"{self.name}: LED {self.settings_text or '-'}, {self.temperature_text}, "
            f"revision {self.rev} {self.state}, link {self.link}"
        )

    def gist(self) -> tuple:
        """What makes a new line worth printing: neither the blinking nor the temperature does."""
        return (self.settings_text, self.rev, self.state, self.link, self.trouble, self.temperature is None)

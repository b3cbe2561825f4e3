"""The schemas that the tests' devices are under."""

from typing import Any

# What the lamp of this project's agent knows.
BOARD: dict[str, dict[str, Any]] = {
    "led.on": {"type": "bool", "default": True},
    "led.color": {"type": "color", "default": "#ff8800"},
    "led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"},
    "led.mode": {"type": "enum", "choices": ["steady", "blink", "breathe"], "default": "steady"},
    "sensor.period": {"type": "duration", "min": 1, "max": 3600, "default": 30},
}

# A lamp with one setting of each type, and a secret.
LAMP: dict[str, dict[str, Any]] = BOARD | {
    "led.gamma": {"type": "float", "min": 0.1, "max": 5, "default": 2.2},
    "sensor.offset": {"type": "int", "default": 0},
    "wifi.password": {"type": "string", "secret": True},
}

"""Values: from the text of a command line to what a setting takes, and back to text. Pure.

What cannot be read as the setting's type stays a text: the server refuses it, with the same words as for everybody.
"""

import json
import math
import re
from datetime import datetime
from typing import Any

Declaration = dict[str, Any]

_TRUE = ("true", "on", "yes")
_FALSE = ("false", "off", "no")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)(ms|s|m|h|d))")
_BARE_COLOUR = re.compile(r"[0-9a-fA-F]{6}")


def parse(declaration: Declaration | None, text: str) -> bool | int | float | str:
    """The value that a text stands for under a declaration; the text itself where there is none or it does not fit."""
    kind = declaration["type"] if declaration else "string"
    if kind == "bool":
        return _bool(text)
    if kind in ("int", "float"):
        return _number(text)
    if kind == "duration":
        seconds = duration(text)
        return text if seconds is None else seconds
    if kind == "color" and _BARE_COLOUR.fullmatch(text):
        return "#" + text  # some shells take an unquoted # for a comment or a pattern
    return text


def duration(text: str) -> int | float | None:
    """Seconds in a text like 30, 1.5, 250ms, 30s, 5m, 1h30m or 2d; None where it is none."""
    number = _number(text)
    if not isinstance(number, str):
        return number
    parts = _DURATION.findall(text)
    if not parts or "".join(amount + unit for amount, unit in parts) != text:
        return None
    seconds = round(sum(float(amount) * _SECONDS[unit] for amount, unit in parts), 3)  # finest unit: a millisecond
    return int(seconds) if seconds == int(seconds) else seconds


def shown(value: object) -> str:
    """A value as a person writes it: a text as it is, else as in JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def unit_of(declaration: Declaration | None) -> str:
    declaration = declaration or {}
    return declaration.get("unit") or ("s" if declaration.get("type") == "duration" else "")


def limits(declaration: Declaration) -> str:
    """What a setting takes, in few words: `0 to 100, in steps of 5`."""
    low, high = declaration.get("min"), declaration.get("max")
    parts = []
    if low is not None and high is not None:
        parts.append(f"{shown(low)} to {shown(high)}")
    elif low is not None:
        parts.append(f"from {shown(low)}")
    elif high is not None:
        parts.append(f"up to {shown(high)}")
    if declaration.get("step") is not None:
        parts.append(f"in steps of {shown(declaration['step'])}")
    if declaration.get("choices"):
        parts.append(", ".join(declaration["choices"]))
    if declaration.get("max_length") is not None:
        parts.append(f"at most {declaration['max_length']} bytes")
    parts += [word for word in ("secret", "risky") if declaration.get(word)]
    return ", ".join(parts)


def when(text: str | None) -> str:
    """A moment (RFC 3339) in this machine's time zone, to the second; empty where there is none."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S") if text else ""


def _bool(text: str) -> bool | str:
    if text.lower() in _TRUE:
        return True
    return False if text.lower() in _FALSE else text


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text  # JSON has no infinity

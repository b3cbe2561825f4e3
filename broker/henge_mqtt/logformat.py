"""How the broker's log is written where nobody else formats it: as text for people, or as a JSON object a line.

Both have the fields of `journal.FIELDS`, and nothing that a client sends can break a line or steer a terminal.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from henge_mqtt.journal import FIELDS

_PLAIN = re.compile(r"[\w.:@/+-]+", re.ASCII)


class TextFormatter(logging.Formatter):
    """`2026-01-01T00:00:00.000Z WARNING connection refused client=porch reason="bad user name or password"`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_readable(value)}" for name, value in _fields(record).items())
        trace = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        return f"{_time(record)} {record.levelname} {record.getMessage()}{fields}{trace}"


class JsonFormatter(logging.Formatter):
    """One object a line: `timestamp`, `level`, `event`, the fields, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"timestamp": _time(record), "level": record.levelname.lower()}
        line |= {"event": record.getMessage(), **_fields(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: vars(record)[name] for name in FIELDS if name in vars(record)}


def _readable(value: object) -> str:
    """As it is where that is unmistakable, else in quotes, with all but ASCII written out."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

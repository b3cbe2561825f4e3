"""Moments: whole milliseconds since 1970, UTC, and how they are written for a person (RFC 3339)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]


def now() -> int:
    """This moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def rfc3339(moment: int) -> str:
    """`2026-01-31T12:00:00.123Z`."""
    at = datetime.fromtimestamp(moment / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}Z"

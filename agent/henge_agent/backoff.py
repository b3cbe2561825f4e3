"""Backoff: how long to wait before the next attempt, with full jitter, so that a fleet never comes back all at once.

Two lanes: what may succeed any moment (a lost link) starts at half a second; what cannot succeed until a person acts
(wrong credentials) starts at two minutes. Pure; chance comes in.
"""

# Half a second: a server that restarts is back within one or two; less would knock at a closed door.
_FAST_BASE_MS = 500
# A minute: the longest that a person should wait for a board after a long outage. 10,000 boards then knock 330 times a
# second.
_FAST_CAP_MS = 60_000
# A refused board costs the server a log line and an audit of its patience: minutes, not seconds.
_SLOW_BASE_MS = 120_000
_SLOW_CAP_MS = 15 * 60_000

_MAX_DOUBLINGS = 16  # beyond both caps; keeps the power of two a small number


class Backoff:
    """Waits grow with every failure since `reset`. `chance()` gives 0 <= number < 1."""

    def __init__(self, chance) -> None:
        self._chance = chance
        self._failures = 0

    def reset(self) -> None:
        """It worked, and for long enough to call it stable."""
        self._failures = 0

    def after_loss(self) -> int:
        """Milliseconds to wait after something that may work the next time."""
        return self._wait(_FAST_BASE_MS, _FAST_CAP_MS)

    def after_refusal(self) -> int:
        """Milliseconds to wait after something that will fail again until a person changes something."""
        return self._wait(_SLOW_BASE_MS, _SLOW_CAP_MS)

    def _wait(self, base: int, cap: int) -> int:
        limit = min(cap, base << min(self._failures, _MAX_DOUBLINGS))
        self._failures += 1
        return int(self._chance() * limit)

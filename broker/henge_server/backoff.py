"""Backoff: how long the server waits before it knocks again, with full jitter, so that those who were cut off together
do not come back together.

Two lanes: what may succeed any moment (a lost connection) starts at half a second; what cannot succeed until a person
acts (a wrong password) starts at ten. Chance comes in.
"""

from collections.abc import Callable

# Half a second: a broker that restarts is back within one or two.
_LOSS_BASE_S = 0.5
# Half a minute: no board hears of a change before the server is back; one server's knocking costs nobody anything.
_LOSS_CAP_S = 30.0
# Ten seconds and two minutes: whoever corrects a password should not wait long, and the broker's log should not be
# filled meanwhile.
_REFUSAL_BASE_S = 10.0
_REFUSAL_CAP_S = 120.0
_MAX_DOUBLINGS = 16  # beyond both caps; keeps the power of two a small number


class Backoff:
    """Waits, in seconds, that grow with every failure since `reset`. `chance()` gives 0 <= number < 1."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0

    def reset(self) -> None:
        """It worked, and for long enough to call it stable."""
        self._failures = 0

    def after_loss(self) -> float:
        """After something that may work the next time."""
        return self._wait(_LOSS_BASE_S, _LOSS_CAP_S)

    def after_refusal(self) -> float:
        """After something that will fail again until a person changes something."""
        return self._wait(_REFUSAL_BASE_S, _REFUSAL_CAP_S)

    def _wait(self, base: float, cap: float) -> float:
        limit = min(cap, base * 2 ** min(self._failures, _MAX_DOUBLINGS))
        self._failures += 1
        return self._chance() * limit

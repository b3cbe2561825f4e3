"""Backoff: how long to wait before the next attempt, with full jitter, so that a fleet never comes back all at once.

Two lanes: what may succeed any moment (a lost link) starts at half a second; what cannot succeed until a person acts
(wrong credentials) starts at two minutes. Each counts its own failures. Pure; chance comes in.
"""

# Half a second: a server that restarts is back within one or two; less would knock at a closed door.
_FAST_BASE_MS = 500
# A minute: the longest that a person should wait for a board after a long outage. 10,000 boards then knock 330 times a
# second.
_FAST_CAP_MS = 60_000
# A refused board costs the server a log line and an audit of its patience: minutes, not seconds.
_SLOW_BASE_MS = 120_000
_SLOW_CAP_MS = 15 * 60_000
# During a trial, which lasts two minutes: some twenty attempts, or a few where the answer was no.
_TRIAL_FAST_MS = 5_000
_TRIAL_SLOW_MS = 30_000

_MAX_DOUBLINGS = 16  # beyond both caps; keeps the power of two a small number


class Backoff:
    """Waits grow with every failure since `reset`, but during a trial. `chance()` gives 0 <= number < 1."""

    def __init__(self, chance) -> None:
        self._chance = chance
        self.reset()

    def reset(self) -> None:
        """It worked, and for long enough to call it stable; or what failed is not what will be tried."""
        self._losses = self._refusals = 0

    def after_loss(self, is_trial: bool = False) -> int:
        """Milliseconds to wait after something that may work the next time."""
        self._losses += 1
        return self._wait(_FAST_BASE_MS, _TRIAL_FAST_MS if is_trial else _FAST_CAP_MS, self._losses)

    def after_refusal(self, is_trial: bool = False) -> int:
        """Milliseconds to wait after something that will fail again until a person changes something."""
        self._refusals += 1
        return self._wait(_SLOW_BASE_MS, _TRIAL_SLOW_MS if is_trial else _SLOW_CAP_MS, self._refusals)

    def _wait(self, base: int, cap: int, failures: int) -> int:
        return int(self._chance() * min(cap, base << min(failures - 1, _MAX_DOUBLINGS)))

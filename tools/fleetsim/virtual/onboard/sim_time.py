"""A virtual board's time, which may pass faster than the computer's: `time`, and `select.poll`, for asyncio.

A trial of two minutes then takes a few seconds, while everything else keeps its order. What the board computes does not
get faster, so its time-outs are nearer.
"""

import select
import time

from overlay import lay_over


class Clock:
    """`speed` times as fast from now on; counters go on from where they are."""

    def __init__(self, speed: int) -> None:
        self._speed = speed
        self._began_ms, self._began_us = time.ticks_ms(), time.ticks_us()  # type: ignore[attr-defined]
        self._ms, self._us = time.ticks_ms, time.ticks_us  # type: ignore[attr-defined]

    def ticks_ms(self) -> int:
        # Never behind the real counter, by which asyncio's C code puts what is due at once into its queue.
        now = self._ms()
        return now + (now - self._began_ms) * (self._speed - 1)

    def ticks_us(self) -> int:
        now = self._us()
        return now + (now - self._began_us) * (self._speed - 1)

    def sleep(self, seconds: float) -> None:
        _sleep(seconds / self._speed)

    def sleep_ms(self, ms: int) -> None:
        _sleep(ms / 1000 / self._speed)

    def poll(self) -> "Poll":
        return Poll(self._speed)


class Poll:
    """select.poll."""

    def __init__(self, speed: int) -> None:
        self._speed = speed
        self._poll = _poll()

    def __getattr__(self, name: str):
        return getattr(self._poll, name)

    def ipoll(self, timeout: int = -1, flags: int = 0):
        return self._poll.ipoll(self._real(timeout), flags)  # type: ignore[attr-defined]

    def poll(self, timeout: int = -1):
        return self._poll.poll(self._real(timeout))

    def _real(self, timeout: int) -> int:
        return -(-timeout // self._speed) if timeout > 0 else timeout


_sleep = time.sleep
_poll = select.poll


def install(speed: int) -> None:
    """Before anything imports asyncio, which takes its counter from `time` for good."""
    if speed == 1:
        return
    clock = Clock(speed)
    names = {name: getattr(clock, name) for name in ("ticks_ms", "ticks_us", "sleep", "sleep_ms")}
    lay_over("time", names)
    lay_over("select", {"poll": clock.poll})

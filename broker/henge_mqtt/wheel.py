"""A timer wheel with a slot per second: one deadline per connection, none of them a timer of the event loop.

It reads the clock only when told to, and tells who is due; it closes nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Protocol

TICK_S = 1.0
"""How often the wheel is to be turned: keep-alive is in seconds, so finer would cost and gain nothing."""


class Timed(Protocol):
    """What can be on a wheel: a connection, or one on its way. `slot` is the wheel's."""

    slot: int

    def due(self) -> None: ...


class Wheel:
    """Connections by the second in which they are to be looked at again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._slots: dict[int, set[Timed]] = {}
        self.now = int(clock())
        """Whole seconds, as of the last `turn`: behind the clock by up to a tick."""

    def set(self, connection: Timed, after: float) -> None:
        """Put `connection` where `turn` finds it, `after` seconds or up to two ticks more from now; it had no other."""
        if connection.slot:
            self.remove(connection)
        slot = connection.slot = self.now + ceil(after) + 1
        self._slots.setdefault(slot, set()).add(connection)

    def remove(self, connection: Timed) -> None:
        """Take `connection` off the wheel, if it is on it."""
        waiting = self._slots.get(connection.slot)
        if waiting is not None:
            waiting.discard(connection)
            if not waiting:
                del self._slots[connection.slot]
        connection.slot = 0

    def turn(self) -> list[Timed]:
        """Read the clock; return those whose time has come. They are off the wheel then."""
        self.now = int(self._clock())
        due: list[Timed] = []
        for slot in [slot for slot in self._slots if slot <= self.now]:
            due.extend(self._slots.pop(slot))
        for connection in due:
            connection.slot = 0
        return due

"""Presence: who is connected now. Lives in memory: after a start everybody is offline, until their connection says
otherwise.
"""

from collections.abc import Callable
from enum import StrEnum

from henge_server.moments import Clock


class Status(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"
    SLEEPING = "sleeping"  # it said so before it went


class Presence:
    """What the broker's connections say. `tell(device, status, reason)` is called on every change."""

    def __init__(self, tell: Callable[[str, Status, str], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._online: set[str] = set()
        self._sleeping: set[str] = set()
        self._left_at: dict[str, int] = {}

    def status(self, device: str) -> Status:
        if device in self._online:
            return Status.ONLINE
        return Status.SLEEPING if device in self._sleeping else Status.OFFLINE

    def last_seen(self, device: str) -> int | None:
        """When it was last connected, in milliseconds since 1970; None where it was not since the start."""
        return self._clock() if device in self._online else self._left_at.get(device)

    @property
    def online(self) -> int:
        """How many are connected."""
        return len(self._online)

    def connected(self) -> list[str]:
        """Who is connected."""
        return list(self._online)

    def came(self, device: str) -> None:
        self._online.add(device)
        self._sleeping.discard(device)
        self._tell(device, Status.ONLINE, "connected")

    def went(self, device: str, reason: str) -> None:
        self._online.discard(device)
        self._left_at[device] = self._clock()
        self._tell(device, self.status(device), reason)

    def sleeps(self, device: str) -> None:
        """It said that it is about to sleep."""
        self._sleeping.add(device)

    def wakes(self, device: str) -> None:
        """It said that it is not about to sleep after all."""
        self._sleeping.discard(device)

    def forget(self, device: str) -> None:
        """It was removed."""
        self._sleeping.discard(device)
        self._left_at.pop(device, None)

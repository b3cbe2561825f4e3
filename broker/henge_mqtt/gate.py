"""Who may come in at all: connections per second, over all and per address, and failed logins per address.

It keeps one number for each address that came lately: the moment at which its connections would have been due at the
permitted rate (the generic cell rate algorithm). It asks nobody's name and closes nobody.
"""

from __future__ import annotations

import socket

from henge_mqtt.limits import Limits

BURST_S = 10
"""Seconds' worth of connections that may come at once: after a power cut a whole fleet does."""

REMEMBERED = 10_000
"""Addresses kept. With more that are busy all are forgotten: memory stays bounded, and only a limit is softened."""


class Gate:
    """Counts what comes against `Limits`. `now` is in seconds, of any clock that goes forward."""

    def __init__(self, limits: Limits) -> None:
        self._all = _Rate(limits.connect_rate, limits.connect_rate * BURST_S)
        self._each = _Rate(limits.address_connect_rate, limits.address_connect_rate * BURST_S)
        self._failed = _Rate(limits.address_failed_logins / 60, limits.address_failed_logins)

    def refusal(self, host: str, now: float) -> str:
        """The limit that keeps one more connection of `host` out now, or "": then it is counted."""
        place = _place(host)
        if self._failed.is_used_up(place, now):
            return "address_failed_logins"
        if not self._each.take(place, now):
            return "address_connect_rate"
        return "" if self._all.take("", now) else "connect_rate"

    def login_failed(self, host: str, now: float) -> None:
        """Somebody at `host` gave wrong credentials, or was not let in with the right ones."""
        self._failed.take(_place(host), now)

    @property
    def remembered(self) -> int:
        """Numbers kept."""
        return len(self._each) + len(self._failed)


class _Rate:
    """`per_second` on the long run, `burst` at once, for each key by itself."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._ahead = burst * self._interval  # how far ahead of the clock a key may be
        self._due: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def take(self, key: str, now: float) -> bool:
        due = max(self._due.get(key, 0.0), now) + self._interval
        if due - now > self._ahead + 1e-6:
            return False
        if len(self._due) >= REMEMBERED and key not in self._due:
            self._forget(now)
        self._due[key] = due
        return True

    def is_used_up(self, key: str, now: float) -> bool:
        due = self._due.get(key)
        return due is not None and due + self._interval - now > self._ahead + 1e-6

    def _forget(self, now: float) -> None:
        """Those who are not ahead of the clock are as if they had never come."""
        self._due = {key: due for key, due in self._due.items() if due > now}
        if len(self._due) >= REMEMBERED:
            self._due.clear()


def _place(host: str) -> str:
    """What counts as one address: an IPv6 host has at least 2^64 of them, so its network does."""
    if ":" not in host:
        return host
    host = host.partition("%")[0]
    try:
        packed = socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        return host
    if packed.startswith(b"\0" * 10 + b"\xff\xff"):  # IPv4 in IPv6
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return packed[:8].hex()

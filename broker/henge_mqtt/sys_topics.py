"""The `$SYS` topics that mosquitto's users know: the same names, values of the same form, retained, at an interval.

Everything is worked out from counters that the broker keeps anyway, and only values that changed are published. What
mosquitto has and this has not is listed in docs/broker.md, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp
from typing import TYPE_CHECKING

from henge_mqtt.message import Message
from henge_mqtt.version import VERSION

if TYPE_CHECKING:
    from henge_mqtt.broker import Broker

ROOT = "$SYS/broker/"

COUNTS: dict[str, Callable[[Broker], int]] = {
    "clients/total": lambda broker: broker.stats.sessions,
    "clients/connected": lambda broker: len(broker.connected),
    "clients/active": lambda broker: len(broker.connected),
    "clients/disconnected": lambda broker: broker.stats.sessions - len(broker.connected),
    "clients/inactive": lambda broker: broker.stats.sessions - len(broker.connected),
    "clients/expired": lambda broker: broker.stats.reached["sessions"],
    "publish/messages/received": lambda broker: broker.stats.messages_in,
    "publish/messages/sent": lambda broker: broker.stats.messages_out,
    "publish/messages/dropped": lambda broker: broker.stats.dropped,
    "bytes/received": lambda broker: broker.stats.bytes_in,
    "bytes/sent": lambda broker: broker.stats.bytes_out,
    "subscriptions/count": lambda broker: broker.stats.subscriptions,
    "retained messages/count": lambda broker: broker.stats.retained,
    "store/messages/bytes": lambda broker: broker.stats.session_bytes + broker.retained.bytes,
}
"""Topics whose value is a number now."""

LOADS: dict[str, Callable[[Broker], int]] = {
    "load/publish/received": COUNTS["publish/messages/received"],
    "load/publish/sent": COUNTS["publish/messages/sent"],
    "load/publish/dropped": COUNTS["publish/messages/dropped"],
    "load/bytes/received": COUNTS["bytes/received"],
    "load/bytes/sent": COUNTS["bytes/sent"],
    "load/connections": lambda broker: broker.stats.connects + broker.stats.refused_logins,
    "load/sockets": lambda broker: broker.stats.sockets,
}
"""Topics whose value is how much a counter grew in a minute, averaged over the last 1, 5 and 15 minutes."""

MINUTES = (1, 5, 15)

TOPICS = tuple(
    ROOT + name
    for name in (
        *("version", "uptime", "clients/maximum", *COUNTS),
        *(f"{name}/{minutes}min" for name in LOADS for minutes in MINUTES),
    )
)
"""Every topic that is published."""


class SysTopics:
    """Publishes the topics of `broker` every `interval` seconds of its clock, from `start` on."""

    def __init__(self, broker: Broker, interval: float) -> None:
        self._broker = broker
        self._interval = interval
        self._started = self._last = broker.wheel.now
        self._maximum = 0
        self._before = dict.fromkeys(LOADS, 0)
        self._loads = {(name, minutes): 0.0 for name in LOADS for minutes in MINUTES}
        self._published: dict[str, str] = {}

    def start(self) -> None:
        """Publish them for the first time: a subscriber need not wait for the first interval to be over."""
        self._publish(self._broker.wheel.now)

    def turn(self, now: float) -> None:
        """It is `now`: publish what has changed, if it is time."""
        passed = now - self._last
        if passed >= self._interval:
            self._average(passed)
            self._last = now
            self._publish(now)

    def _publish(self, now: float) -> None:
        for name, value in self._values(now):
            if self._published.get(name) != value:
                self._published[name] = value
                self._broker.accept(Message(ROOT + name, value.encode(), 0, True))

    def _values(self, now: float) -> Iterator[tuple[str, str]]:
        broker = self._broker
        self._maximum = max(self._maximum, broker.stats.sessions)
        yield "version", f"henge_mqtt version {VERSION}"
        yield "uptime", f"{int(now - self._started)} seconds"
        yield "clients/maximum", str(self._maximum)
        for name, count in COUNTS.items():
            yield name, str(count(broker))
        for (name, minutes), load in self._loads.items():
            yield f"{name}/{minutes}min", f"{load:.2f}"

    def _average(self, passed: float) -> None:
        """Move every load towards the rate of the interval that is over, the faster the fewer minutes it is of."""
        for name, count in LOADS.items():
            total = count(self._broker)
            rate = (total - self._before[name]) * 60 / passed
            self._before[name] = total
            for minutes in MINUTES:
                kept = exp(-passed / (60 * minutes))
                self._loads[name, minutes] = rate + kept * (self._loads[name, minutes] - rate)

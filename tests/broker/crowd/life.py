"""One session as its client knows it: what it was subscribed to and when, and what it got.

Times are the ledger's ticks. Between a SUBSCRIBE and its SUBACK nobody can know, so a subscription's QoS is always a
pair: the lowest and the highest that it may be; -1 is "not subscribed".
"""

from __future__ import annotations

from bisect import bisect_right

from tests.broker.crowd.publication import Publication
from tests.broker.crowd.rules import matches

Reach = tuple[int, int]
NONE: Reach = (-1, -1)


class Subscription:
    """The history of one filter."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._states: list[Reach] = []

    def now(self) -> Reach:
        return self._states[-1] if self._states else NONE

    def change(self, time: int, state: Reach) -> None:
        self._times.append(time)
        self._states.append(state)

    def during(self, start: int, end: int) -> Reach:
        """The lowest and the highest QoS it may have had at any moment from `start` to `end`."""
        first = bisect_right(self._times, start) - 1
        states = self._states[max(first, 0) : bisect_right(self._times, end)]
        if first < 0:
            states.append(NONE)
        return min(low for low, _ in states), max(high for _, high in states)


class Stay:
    """One connection of a session: open from `start`; up to `proved` the broker has shown that it is still there."""

    def __init__(self, start: int, cuts: bool) -> None:
        self.start = start
        self.proved = start
        self.cuts = cuts
        """Its link may end it by itself, at a moment the client learns of later."""
        self.stalled = False
        """It did not read for a while: QoS 0 may have been dropped."""


class Life:
    """A session from the CONNECT that began it to the one that ended it, if one did."""

    def __init__(self, name: str, clean: bool) -> None:
        self.name = name
        self.clean = clean
        self.over = False
        self.stays: list[Stay] = []
        self.subscriptions: dict[str, Subscription] = {}
        self.copies: dict[Publication, int] = {}
        """Live messages that came, and how often."""
        self.fresh: dict[Publication, int] = {}
        """The same without those marked DUP."""
        self.newest: dict[tuple[str, str, int, int], Publication] = {}
        """The last that came for the first time: by publisher, topic, QoS published with, QoS received with."""

    def subscribing(self, time: int, topic_filter: str, qos: int) -> None:
        low, high = self._subscription(topic_filter).now()
        self.subscriptions[topic_filter].change(time, (min(low, qos), max(high, qos)))

    def subscribed(self, time: int, topic_filter: str, qos: int) -> None:
        self._subscription(topic_filter).change(time, (qos, qos))

    def unsubscribing(self, time: int, topic_filter: str) -> None:
        high = self._subscription(topic_filter).now()[1]
        self.subscriptions[topic_filter].change(time, (-1, high))

    def unsubscribed(self, time: int, topic_filter: str) -> None:
        self._subscription(topic_filter).change(time, NONE)

    def _subscription(self, topic_filter: str) -> Subscription:
        return self.subscriptions.setdefault(topic_filter, Subscription())

    def reach(self, topic: str, start: int, end: int) -> Reach:
        """The least and the most QoS with which a message on `topic`, routed from `start` to `end`, finds it."""
        found = [
            subscription.during(start, end)
            for topic_filter, subscription in self.subscriptions.items()
            if matches(topic_filter, topic)
        ]
        if not found:
            return NONE
        return max(low for low, _ in found), max(high for _, high in found)

    def connected_throughout(self, start: int, end: int) -> bool:
        """Whether it was surely connected and reading from `start` to `end`."""
        return any(stay.start <= start and end < stay.proved and not stay.stalled for stay in self.stays)

"""One message of the crowd: who published it, when it may have been routed, whether it surely was."""

from __future__ import annotations

from tests.broker.crowd.rules import is_held, may_publish


class Publication:
    """A message, known by its payload, which no other has. Times are the ledger's ticks; None: not yet."""

    __slots__ = (
        "abandoned",
        "certain",
        "number",
        "payload",
        "publisher",
        "qos",
        "retain",
        "sends",
        "sent",
        "settled",
        "topic",
    )

    def __init__(self, publisher: str, topic: str, qos: int, retain: bool, number: int, size: int) -> None:
        self.publisher = publisher
        self.topic = topic
        self.qos = qos
        self.retain = retain
        self.number = number
        """Counts up by publisher, topic and QoS: the order that is to be kept."""
        self.payload = f"{publisher} {topic} {qos} {number} ".encode().ljust(size, b".") if size else b""
        self.sent: int | None = None
        """When it may have been routed first."""
        self.sends = 0
        """How often the publisher has sent it."""
        self.settled: int | None = None
        """From when on it is not routed any more."""
        self.certain = False
        """Settled, and the broker has answered for it."""

        self.abandoned = False
        """Its publisher has given it up, and cannot know what became of it."""

    @property
    def permitted(self) -> bool:
        return self.publisher == "application" or may_publish(self.topic)

    def until(self, now: int) -> int:
        """The last moment at which the broker may have routed it. A held copy outlives its connection."""
        if self.settled is None or (self.sends > 1 and is_held(self.topic)):
            return now
        return self.settled

    def __repr__(self) -> str:
        return f"{self.publisher}'s {self.number} on {self.topic}, QoS {self.qos}"

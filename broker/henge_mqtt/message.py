"""A message as the broker and the application see it: four fields, and for an inbound one a way to acknowledge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from henge_mqtt import codec
from henge_mqtt.limits import MESSAGE_BYTES

if TYPE_CHECKING:
    from henge_mqtt.inbox import Inbox


class Message:
    """One application message (MQTT 3.1.1 section 3.3). Treat it as immutable: it is shared by all its receivers."""

    __slots__ = ("_first", "_head", "payload", "qos", "retain", "size", "topic")

    def __init__(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.size = MESSAGE_BYTES + len(topic) + len(payload)
        """Bytes that keeping it costs, about."""
        self._first = 0
        self._head = b""

    def packet(self, first: int, packet_id: int = 0) -> bytes:
        """The PUBLISH packet with `first` as its first byte; `packet_id` belongs to QoS 1 and 2 only.

        All but the packet id is the same for every receiver: it is encoded once.
        """
        if self._first != first:
            self._head = codec.publish_head(first, self.topic, len(self.payload))
            self._first = first
        if packet_id:
            return self._head + packet_id.to_bytes(2, "big") + self.payload
        return self._head + self.payload

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.topic!r}, {len(self.payload)} bytes, qos={self.qos}, retain={self.retain})"


class Received(Message):
    """A message a client published. Whoever answered HOLD to it calls `ack` when it is safe."""

    __slots__ = ("acked", "inbox", "packet_id", "twin", "unrouted")

    def __init__(self, topic: str, payload: bytes, qos: int, retain: bool, packet_id: bytes) -> None:
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.size = MESSAGE_BYTES + len(topic) + len(payload)
        self._first = 0
        self._head = b""
        self.packet_id = packet_id
        self.acked = False
        self.unrouted = False
        """To be acknowledged and nothing else: forbidden, or here already."""
        self.inbox: Inbox | None = None
        """Where it waits for `ack`."""
        self.twin: Received | None = None
        """The same message (QoS 2) sent again on a later connection, which is acknowledged once this one is routed."""

    def ack(self) -> None:
        """Acknowledge to the publisher and route to subscribers, as soon as all that it sent earlier is (4.6.0-2).

        Idempotent; safe when the client is gone: then the message is routed and nobody is answered.
        """
        if self.acked:
            return
        self.acked = True
        if self.inbox is not None:
            self.inbox.settle()

"""What a client publishes: authorization, the application's word on it, acknowledgement in order of arrival.

A QoS 2 message is taken when its PUBLISH comes (method B of figure 4.3); its packet id is remembered in the session
until PUBREL, and what comes with the same id meanwhile is the same message. One `Inbox` per connection, made when
something is first held back; routing is the broker's.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from henge_mqtt import codec, reasons
from henge_mqtt.errors import Malformed, TooMuch
from henge_mqtt.hooks import HOLD
from henge_mqtt.message import Received

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

_ACKNOWLEDGEMENTS = (b"", codec.PUBACK_HEAD, codec.PUBREC_HEAD)  # by QoS


def on_publish(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBLISH (3.3): QoS 0 and 1, and QoS 2 that is new."""
    raw_topic, packet_id, payload = codec.parse_publish(first, data, start, end)
    broker = connection.broker
    topic = broker.topics.name(raw_topic)
    broker.stats.messages_in += 1
    message = Received(topic, payload, first >> 1 & 3, first & 1 == 1, packet_id)
    inbox = connection.inbox
    if not broker.hooks.may_publish(connection, topic):
        message.unrouted = True
        _forbid(connection, topic)
    elif broker.hooks.on_message(connection, message) is HOLD and not message.acked:
        (inbox or _open(connection)).hold(message)
        return
    message.acked = True
    if inbox is not None and inbox.waiting and (packet_id or inbox.holds(topic)):
        inbox.follow(message)
        return
    if not message.unrouted:
        broker.accept(message)
    if packet_id:
        connection.send(_ACKNOWLEDGEMENTS[message.qos] + packet_id)


def on_publish_qos2(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBLISH, QoS 2 (3.3, 4.3.3): as the others when it is new; only answered when it is not."""
    _, packet_id, _ = codec.parse_publish(first, data, start, end)
    unreleased = connection.session.unreleased
    if packet_id in unreleased:
        connection.broker.stats.messages_in += 1
        _repeat(connection, packet_id, unreleased[packet_id])
        return
    if len(unreleased) >= connection.broker.limits.unreleased:
        raise TooMuch("unreleased", f"more than {len(unreleased)} QoS 2 messages without PUBREL")
    on_publish(connection, first, data, start, end)
    if packet_id not in connection.session.unreleased:  # only now that it is taken: a refused one may come again
        connection.session.expect_release(packet_id)


def on_pubrel(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBREL (3.6): the packet id is free; answered with PUBCOMP, known or not."""
    codec.parse_packet_id(data, start, end)
    held = connection.session.unreleased.get(data[start:end])
    if held is not None and not held.acked:
        raise Malformed("a PUBREL for a message that was not answered with PUBREC yet")
    connection.session.released(data[start:end])
    connection.send(codec.PUBCOMP_HEAD + data[start:end])


def _repeat(connection: Connection, packet_id: bytes, held: Received | None) -> None:
    """Answer a QoS 2 message that is here already, in its turn (4.6.0-3); one that is not routed yet, when it is."""
    inbox = connection.inbox
    if held is not None and inbox is not None and held.inbox is inbox:
        return  # its answer is on the way
    twin = Received("", b"", 2, False, packet_id)
    twin.unrouted = True
    if held is not None:
        held.twin = twin
        (inbox or _open(connection)).hold(twin)
        return
    twin.acked = True
    if inbox is not None and inbox.waiting:
        inbox.follow(twin)
    else:
        connection.send(codec.PUBREC_HEAD + packet_id)


def _forbid(connection: Connection, topic: str) -> None:
    connection.forbidden += 1
    connection.broker.stats.refused_publishes += 1
    connection.broker.journal.forbidden(connection, "publish refused", topic)
    if connection.forbidden > connection.broker.limits.forbidden_publishes:
        connection.broker.stats.reached["forbidden_publishes"] += 1
        connection.close(reasons.FORBIDDEN)


def _open(connection: Connection) -> Inbox:
    inbox = connection.inbox = Inbox(connection)
    return inbox


class Inbox:
    """Held messages of one connection and the ones that must not be acknowledged before them (4.6.0-2, 4.6.0-3)."""

    __slots__ = ("_connection", "waiting")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.waiting: deque[Received] = deque()

    def holds(self, topic: str) -> bool:
        """Whether something of `topic` waits, which what comes later must not overtake (4.6.0-6)."""
        return any(message.topic == topic for message in self.waiting)

    def hold(self, message: Received) -> None:
        """Keep `message` until the application acknowledges it; with too many, the socket is not read meanwhile."""
        message.inbox = self
        if message.qos == 2:
            self._connection.session.expect_release(message.packet_id, message)
        self.follow(message)

    def follow(self, message: Received) -> None:
        """Put `message` behind the held ones."""
        self.waiting.append(message)
        self._connection.defer()

    def end(self) -> None:
        """The connection has ended: what only waits for its turn is routed now, and only the held messages wait on.

        A message on the topic of a held one stays behind it: the order of a topic goes before (4.6.0-6).
        """
        held = {message.topic for message in self.waiting if message.inbox is not None}
        waiting, self.waiting = self.waiting, deque()
        for message in waiting:
            if message.topic in held:
                self.waiting.append(message)
            elif not message.unrouted:
                self._connection.broker.accept(message)

    def settle(self) -> None:
        """Route and acknowledge from the front on, up to the first that is still held."""
        connection = self._connection
        while self.waiting and self.waiting[0].acked:
            message = self.waiting.popleft()
            message.inbox = None  # let go of the connection, since the message may be kept for long
            if message.qos == 2:
                connection.session.settled(message)
            if not message.unrouted:
                connection.broker.accept(message)
            if message.packet_id and connection.connected:
                connection.send(_ACKNOWLEDGEMENTS[message.qos] + message.packet_id)
            connection.undefer()
            if message.twin is not None:
                message.twin.ack()

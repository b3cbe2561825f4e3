"""What a client publishes: authorization, the application's word on it, acknowledgement in order of arrival.

One `Inbox` per connection, made when something is first held back; routing is the broker's.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from henge_mqtt import codec, reasons
from henge_mqtt.errors import Malformed
from henge_mqtt.hooks import HOLD
from henge_mqtt.message import Received

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

log = logging.getLogger(__name__)


def on_publish(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBLISH, QoS 0 or 1 (3.3)."""
    raw_topic, packet_id, payload = codec.parse_publish(first, data, start, end)
    broker = connection.broker
    topic = broker.topics.name(raw_topic)
    broker.stats.messages_in += 1
    message = Received(topic, payload, 1 if packet_id else 0, first & 1 == 1, packet_id)
    inbox = connection.inbox
    if not broker.hooks.may_publish(connection, topic):
        message.forbidden = True
        _forbid(connection, topic)
    elif broker.hooks.on_message(connection, message) is HOLD and not message.acked:
        (inbox or _open(connection)).hold(message)
        return
    message.acked = True
    if packet_id and inbox is not None and inbox.waiting:
        inbox.follow(message)
        return
    if not message.forbidden:
        broker.accept(message)
    if packet_id:
        connection.send(b"\x40\x02" + packet_id)


def on_publish_qos2(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBLISH, QoS 2: not spoken yet."""
    raise Malformed("a PUBLISH with QoS 2, which this broker does not speak")


def _forbid(connection: Connection, topic: str) -> None:
    connection.forbidden += 1
    connection.broker.stats.refused_publishes += 1
    log.warning("client %r must not publish to %r: dropped", connection.id, topic)
    if connection.forbidden > connection.broker.limits.forbidden_publishes:
        connection.close(reasons.FORBIDDEN)


def _open(connection: Connection) -> Inbox:
    inbox = connection.inbox = Inbox(connection)
    return inbox


class Inbox:
    """Held messages of one connection and the ones that must not be acknowledged before them (4.6.0-2)."""

    __slots__ = ("_connection", "waiting")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.waiting: deque[Received] = deque()

    def hold(self, message: Received) -> None:
        """Keep `message` until the application acknowledges it; with too many, the socket is not read meanwhile."""
        message.hold(self)
        self.follow(message)

    def follow(self, message: Received) -> None:
        """Put `message` behind the held ones."""
        self.waiting.append(message)
        self._connection.defer()

    def settle(self) -> None:
        """Route and acknowledge from the front on, up to the first that is still held."""
        connection = self._connection
        while self.waiting and self.waiting[0].acked:
            message = self.waiting.popleft()
            message.release()
            if not message.forbidden:
                connection.broker.accept(message)
            if message.packet_id and connection.connected:
                connection.send(b"\x40\x02" + message.packet_id)
            connection.undefer()

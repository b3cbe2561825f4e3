"""What a client has beyond its connection: subscriptions, messages in flight, messages that wait (3.1.2.4, 4.1).

It decides what is sent, queued or dropped; the connection it hands packets to is only a place to put them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from henge_mqtt import codec
from henge_mqtt.codec import DUP, PUBLISH_QOS0, RETAIN
from henge_mqtt.errors import Malformed
from henge_mqtt.limits import Limits
from henge_mqtt.message import Message, Received
from henge_mqtt.stats import Stats

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

_QOS = 0x06  # of a PUBLISH's first byte (2.2.2)
_QOS2 = 0x04
_RELEASED = (Message("", b""), _QOS2)  # in flight: the client has the message, but perhaps not the PUBREL
_NO_IDS: Mapping[bytes, Received | None] = MappingProxyType({})
_ID_BYTES = 128  # what remembering a packet id costs


class Session:
    """One client's session.

    A message goes out at once, if it can. What cannot waits in one of two places: retained messages found for a new
    subscription in `backlog` (they are bounded by the table they come from and none is dropped), live ones in `queue`,
    which drops its oldest. The backlog goes first, and while there is one nothing overtakes it: a retained message is
    older than every live one. What is kept counts in `Stats.session_bytes`.
    """

    __slots__ = (
        "_backlog",
        "_ids",
        "_inflight",
        "_inflight_bytes",
        "_is_over",
        "_last_id",
        "_limits",
        "_mixed",
        "_queue",
        "_queued_bytes",
        "_stats",
        "clean",
        "client_id",
        "connection",
        "filters",
    )

    def __init__(self, client_id: str, clean: bool, limits: Limits, stats: Stats) -> None:
        self.client_id = client_id
        self.clean = clean
        self.connection: Connection | None = None
        self.filters: dict[str, int] = {}
        self._is_over = False
        self._ids: dict[bytes, Received | None] | None = None  # made when needed: most sessions have no QoS 2
        self._inflight: dict[int, tuple[Message, int]] = {}  # packet id -> message and first byte, in order of sending
        self._inflight_bytes = 0
        self._backlog: deque[tuple[Message, int]] | None = None  # made when needed: most sessions never wait
        self._queue: deque[tuple[Message, int]] | None = None
        self._queued_bytes = 0
        self._mixed = False  # the queue has, or had, QoS 0 in it: later QoS 0 must not overtake (4.6.0-6)
        self._last_id = 0
        self._limits = limits
        self._stats = stats

    # --- messages to the client ---------------------------------------------------------------------------------------

    def deliver(self, message: Message, qos: int) -> None:
        """Send a live message, or queue or drop it by the rules of `Limits`."""
        connection = self.connection
        if qos:
            first = PUBLISH_QOS0 | qos << 1
            if (
                connection is None
                or connection.congested
                or self._queue
                or self._backlog
                or (self._inflight and self._window_full())
            ):
                self._enqueue(message, first)
            else:
                self._send(connection, message, first)
        elif connection is None:
            pass  # QoS 0 is not kept for a client that is away (4.3.1 asks for nothing more)
        elif self._backlog or self._mixed:
            self._mixed = True
            self._enqueue(message, PUBLISH_QOS0)
        elif connection.congested:
            self._stats.dropped += 1
        else:
            self._send(connection, message, PUBLISH_QOS0)

    def offer(self, messages: Sequence[Message], granted: int) -> None:
        """Send retained messages for a new subscription, as fast as the client takes them."""
        if self._backlog is None:
            if len(messages) == 1:  # as for most clients; it goes the way of a live one, if that is free
                connection = self.connection
                if not (self._inflight or self._queue or connection is None or connection.congested):
                    self._send(connection, messages[0], PUBLISH_QOS0 | min(messages[0].qos, granted) << 1 | RETAIN)
                    return
            self._backlog = deque()
        for message in messages:
            self._backlog.append((message, PUBLISH_QOS0 | min(message.qos, granted) << 1 | RETAIN))
            self._stats.session_bytes += message.size
        self.drain()

    @property
    def waiting(self) -> int:
        """Messages that have not been sent yet."""
        return len(self._backlog or ()) + len(self._queue or ())

    @property
    def waiting_bytes(self) -> int:
        """What keeping those takes."""
        return self._queued_bytes + sum(message.size for message, _ in self._backlog or ())

    @property
    def in_flight(self) -> int:
        """Messages that were sent and are not acknowledged."""
        return len(self._inflight)

    @property
    def backlogged(self) -> bool:
        """There are more retained messages to send than a client may ask for."""
        return self._backlog is not None and len(self._backlog) >= self._limits.backlog_messages

    def resume(self) -> None:
        """After CONNACK: send again what was not acknowledged, in order and with DUP (4.4.0-1), then what waits."""
        connection = self.connection
        assert connection is not None
        for packet_id, (message, first) in self._inflight.items():
            if first == _QOS2:
                connection.send(codec.PUBREL_HEAD + packet_id.to_bytes(2, "big"))
            else:
                self._stats.messages_out += 1
                connection.send(message.packet(first | DUP, packet_id))
        self.drain()

    def drain(self) -> None:
        """Send what waits, until the window is full or the socket is."""
        while (connection := self.connection) is not None and not connection.congested:
            waiting = self._backlog or self._queue
            if not waiting or (waiting[0][1] & _QOS and self._inflight and self._window_full()):
                break
            message, first = waiting.popleft()
            self._stats.session_bytes -= message.size
            if waiting is self._queue:
                self._queued_bytes -= message.size
            self._send(connection, message, first)
        if self._backlog is not None and not self._backlog:
            self._backlog = None
        if self._queue is not None and not self._queue:
            self._queue = None
            self._mixed = False

    def clear(self) -> None:
        """Let go of everything: the session is over."""
        waiting = sum(message.size for message, _ in self._backlog or ())
        ids = _ID_BYTES * len(self.unreleased)
        self._stats.session_bytes -= self._inflight_bytes + self._queued_bytes + waiting + ids
        self._inflight.clear()
        self._backlog = self._queue = self._ids = None
        self._mixed = False
        self._is_over = True
        self._inflight_bytes = self._queued_bytes = 0

    # --- acknowledgements from the client -----------------------------------------------------------------------------
    #
    # A wrong one leaves things as they are, since the session may outlive the connection.

    def acknowledge(self, packet_id: int) -> None:
        """The client has a QoS 1 message (PUBACK, 3.4). An id not in flight is passed over, as mosquitto does."""
        found = self._inflight.get(packet_id)
        if found is not None:
            if found[1] & _QOS2:
                raise Malformed("a PUBACK for a message with QoS 2")
            self._landed(packet_id, found[0])
            if self._queue or self._backlog:
                self.drain()

    def release(self, packet_id: int) -> None:
        """The client has a QoS 2 message (PUBREC, 3.5): from now on PUBREL is what it may have missed.

        Released ids stand behind those still to be received, in the order in which PUBRECs came (4.6.0-4).
        """
        found = self._inflight.get(packet_id)
        if found is not None:
            if not found[1] & _QOS2:
                raise Malformed("a PUBREC for a message with QoS 1")
            self._landed(packet_id, found[0])
            self._stats.session_bytes += _RELEASED[0].size
            self._inflight_bytes += _RELEASED[0].size
            self._inflight[packet_id] = _RELEASED

    def complete(self, packet_id: int) -> None:
        """The client knows that the id is free (PUBCOMP, 3.7)."""
        found = self._inflight.get(packet_id)
        if found is not None:
            if found is not _RELEASED:
                raise Malformed("a PUBCOMP for a message that had no PUBREL")
            self._landed(packet_id, found[0])
            self.drain()

    # --- QoS 2 from the client ----------------------------------------------------------------------------------------

    @property
    def unreleased(self) -> Mapping[bytes, Received | None]:
        """Packet ids of QoS 2 messages that came and whose PUBREL has not, with those that the application holds."""
        return _NO_IDS if self._ids is None else self._ids

    def expect_release(self, packet_id: bytes, held: Received | None = None) -> None:
        """A QoS 2 message came, which the application holds or not; its id is not free before PUBREL (3.6)."""
        if self._is_over:
            return
        if self._ids is None:
            self._ids = {}
        if packet_id not in self._ids:
            self._stats.session_bytes += _ID_BYTES
        self._ids[packet_id] = held

    def settled(self, message: Received) -> None:
        """The application holds this message no longer."""
        if self._ids is not None and self._ids.get(message.packet_id) is message:
            self._ids[message.packet_id] = None

    def released(self, packet_id: bytes) -> None:
        """PUBREL came: the id is free. One that was not in use is passed over."""
        if self._ids is not None and packet_id in self._ids:
            del self._ids[packet_id]
            self._stats.session_bytes -= _ID_BYTES

    # ------------------------------------------------------------------------------------------------------------------

    def _send(self, connection: Connection, message: Message, first: int) -> None:
        stats = self._stats
        stats.messages_out += 1
        if not first & _QOS:
            connection.send(message.packet(first))
            return
        packet_id = self._last_id % 65535 + 1
        while packet_id in self._inflight:
            packet_id = packet_id % 65535 + 1
        self._last_id = packet_id
        self._inflight[packet_id] = (message, first)
        size = message.size
        self._inflight_bytes += size
        stats.session_bytes += size
        connection.send(message.packet(first, packet_id))

    def _landed(self, packet_id: int, message: Message) -> None:
        """No longer in flight."""
        del self._inflight[packet_id]
        size = message.size
        self._inflight_bytes -= size
        self._stats.session_bytes -= size
        if not self._inflight:
            self._inflight.clear()  # a dict that was in use keeps 170 bytes otherwise, and most clients are idle

    def _window_full(self) -> bool:
        """Whether what is in flight is as much as may be."""
        limits, stats = self._limits, self._stats
        if len(self._inflight) >= limits.inflight:
            limit = "inflight"
        elif self._inflight_bytes >= limits.inflight_bytes:
            limit = "inflight_bytes"
        elif stats.session_bytes >= limits.session_bytes:
            limit = "session_bytes"
        else:
            return False
        stats.reached[limit] += 1
        return True

    def _enqueue(self, message: Message, first: int) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append((message, first))
        self._queued_bytes += message.size
        self._stats.session_bytes += message.size
        while self._queue and (limit := self._queue_reached()):
            dropped = self._queue.popleft()[0]
            self._queued_bytes -= dropped.size
            self._stats.session_bytes -= dropped.size
            self._stats.dropped += 1
            self._stats.reached[limit] += 1

    def _queue_reached(self) -> str:
        """The limit that the queue breaks, or ""."""
        limits = self._limits
        assert self._queue is not None
        if len(self._queue) > limits.queue_messages:
            return "queue_messages"
        if self._queued_bytes > limits.queue_bytes:
            return "queue_bytes"
        return "session_bytes" if self._stats.session_bytes > limits.session_bytes else ""

"""SUBSCRIBE and UNSUBSCRIBE (MQTT 3.1.1 sections 3.8 to 3.11): what is granted, and the retained messages that follow.

Where those come from the application, or out of a large table, and take time, the SUBACK waits for them and nothing
else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, NamedTuple

from henge_mqtt import codec, reasons

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection
    from henge_mqtt.message import Message


class Grant(NamedTuple):
    """A granted filter and where its retained messages come from, if that takes time; None: the broker's table, now."""

    topic_filter: str
    qos: int
    source: Awaitable[list[Message]] | None


def on_subscribe(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """Every filter is checked before the first one is granted: a malformed packet changes nothing."""
    packet_id, wanted = codec.parse_subscribe(data, start, end)
    read = connection.broker.topics.filter
    filters = [(read(raw), qos) for raw, qos in wanted]
    answer = Answer(connection, packet_id)
    grants = [_grant(connection, topic_filter, qos) for topic_filter, qos in filters]
    if any(grant is not None and grant.source is not None for grant in grants):
        connection.defer()
        connection.broker.start(_answer_later(answer, grants), f"retained {connection.id}")
        return
    for grant in grants:
        answer.add(grant, None)
    answer.send()


def on_unsubscribe(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """Answered whether or not there was such a subscription (3.10.4-5)."""
    packet_id, raw_filters = codec.parse_unsubscribe(data, start, end)
    broker = connection.broker
    for topic_filter in [broker.topics.filter(raw) for raw in raw_filters]:
        broker.sessions.unsubscribe(connection.session, topic_filter)
    connection.send(codec.unsuback(packet_id))


def _grant(connection: Connection, topic_filter: str, qos: int) -> Grant | None:
    """Subscribe to one filter; None: refused."""
    broker, session = connection.broker, connection.session
    limit = _reached(connection, topic_filter)
    if limit or not broker.hooks.may_subscribe(connection, topic_filter) or connection.closed:
        _refused(connection, topic_filter, limit)
        return None
    broker.sessions.subscribe(session, topic_filter, qos)
    source = broker.hooks.retained(connection, topic_filter)
    if source is None and broker.retained.is_long(topic_filter):
        source = broker.retained.search(topic_filter)
    return Grant(topic_filter, qos, source)


def _refused(connection: Connection, topic_filter: str, limit: str) -> None:
    """Count it and say so; `limit` is "" where the application decided."""
    stats = connection.broker.stats
    stats.refused_subscriptions += 1
    if limit:
        stats.reached[limit] += 1
    detail = f"limit {limit}" if limit else ""
    connection.broker.journal.forbidden(connection, "subscription refused", topic_filter, detail)


def _reached(connection: Connection, topic_filter: str) -> str:
    """The limit that one more subscription would break, or ""."""
    limits, session = connection.broker.limits, connection.session
    if session.backlogged:
        return "backlog_messages"
    if topic_filter in session.filters:
        return ""
    if len(session.filters) >= limits.subscriptions:
        return "subscriptions"
    return "session_bytes" if connection.broker.stats.session_bytes >= limits.session_bytes else ""


async def _answer_later(answer: Answer, grants: list[Grant | None]) -> None:
    """Wait for the retained messages that take time, then answer. Ends with the connection, however that ends."""
    connection = answer.connection
    try:
        for grant in grants:
            source = grant.source if grant is not None and answer.room > 0 else None
            answer.add(grant, None if source is None else await source)
        if connection.connected:
            answer.send()
            connection.undefer()
    except asyncio.CancelledError:
        connection.close(reasons.HOOK_FAILED)
        raise
    except Exception:
        connection.fail("retained")
    finally:
        for grant in grants:
            if grant is not None and asyncio.iscoroutine(grant.source):
                grant.source.close()  # one that was not reached; the others are done


class Answer:
    """A SUBACK, and the retained messages that follow it, as many as the client may have waiting."""

    __slots__ = ("_codes", "_offers", "_packet_id", "connection", "room")

    def __init__(self, connection: Connection, packet_id: bytes) -> None:
        self.connection = connection
        self.room = connection.broker.limits.backlog_messages
        """Retained messages for which there is room; a filter whose turn comes after that is refused."""
        self._packet_id = packet_id
        self._codes = bytearray()
        self._offers: list[tuple[Grant, list[Message]]] = []

    def add(self, grant: Grant | None, messages: list[Message] | None) -> None:
        """The next filter: refused, or granted with its retained messages; None: those of the broker's table."""
        if grant is not None and self.room <= 0:
            self._revoke(grant)
            grant = None
        if grant is None:
            self._codes.append(codec.REFUSED)
            return
        self._codes.append(grant.qos)
        if messages is None:
            messages = self.connection.broker.retained.match(grant.topic_filter)
        if messages:
            self.room -= len(messages)
            self._offers.append((grant, messages))

    def send(self) -> None:
        """SUBACK, then the retained messages of the filters that are still subscribed."""
        self.connection.send(codec.suback(self._packet_id, bytes(self._codes)))
        session = self.connection.session
        for grant, messages in self._offers:
            if grant.topic_filter in session.filters:
                session.offer(messages, grant.qos)

    def _revoke(self, grant: Grant) -> None:
        broker = self.connection.broker
        broker.sessions.unsubscribe(self.connection.session, grant.topic_filter)
        _refused(self.connection, grant.topic_filter, "backlog_messages")

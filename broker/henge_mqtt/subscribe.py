"""SUBSCRIBE and UNSUBSCRIBE (MQTT 3.1.1 sections 3.8 to 3.11): what is granted, and the retained messages that follow.

Where those come from the application and take time, the SUBACK waits for them and nothing else does.
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
    """A granted filter and what the application gives as its retained messages; None: the broker's own."""

    topic_filter: str
    qos: int
    source: Awaitable[list[Message]] | None


def on_subscribe(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """Every filter is checked before the first one is granted: a malformed packet changes nothing."""
    packet_id, wanted = codec.parse_subscribe(data, start, end)
    read = connection.broker.topics.filter
    filters = [(read(raw), qos) for raw, qos in wanted]
    codes = bytearray()
    grants: list[Grant] = []
    for topic_filter, qos in filters:
        grant = _grant(connection, topic_filter, qos)
        codes.append(codec.REFUSED if grant is None else grant.qos)
        if grant is not None:
            grants.append(grant)
    if any(grant.source is not None for grant in grants):
        connection.defer()
        connection.broker.start(_answer_later(connection, packet_id, bytes(codes), grants), f"retained {connection.id}")
    else:
        _answer(connection, packet_id, bytes(codes), grants, [None] * len(grants))


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
        broker.stats.refused_subscriptions += 1
        if limit:
            broker.stats.reached[limit] += 1
        broker.journal.forbidden(connection, "subscription refused", topic_filter, f"limit {limit}" if limit else "")
        return None
    broker.sessions.subscribe(session, topic_filter, qos)
    return Grant(topic_filter, qos, broker.hooks.retained(connection, topic_filter))


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


async def _answer_later(connection: Connection, packet_id: bytes, codes: bytes, grants: list[Grant]) -> None:
    """Wait for the application's retained messages, then answer. Ends with the connection, however that ends."""
    try:
        found = [None if grant.source is None else await grant.source for grant in grants]
        if connection.connected:
            _answer(connection, packet_id, codes, grants, found)
            connection.undefer()
    except asyncio.CancelledError:
        connection.close(reasons.HOOK_FAILED)
        raise
    except Exception:
        connection.fail("retained")
    finally:
        for grant in grants:
            if asyncio.iscoroutine(grant.source):
                grant.source.close()  # one that was not reached; the others are done


def _answer(
    connection: Connection, packet_id: bytes, codes: bytes, grants: list[Grant], found: list[list[Message] | None]
) -> None:
    """SUBACK, then the retained messages of the filters that are still subscribed."""
    connection.send(codec.suback(packet_id, codes))
    broker, session = connection.broker, connection.session
    for grant, messages in zip(grants, found, strict=True):
        if messages is None:
            messages = broker.retained.match(grant.topic_filter)
        if messages and grant.topic_filter in session.filters:
            session.offer(messages, grant.qos)

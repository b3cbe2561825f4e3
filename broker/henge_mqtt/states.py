"""The states of a connection. Each is the table of what may come in it: first byte (type and flags) -> who handles it.

A connection moves from the first to the last, by its own methods only, and never back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from henge_mqtt import codec, reasons
from henge_mqtt.connect import on_connect, on_second_connect
from henge_mqtt.inbox import on_publish, on_publish_qos2, on_pubrel
from henge_mqtt.subscribe import on_subscribe, on_unsubscribe

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

TLS_HANDSHAKE = 0x16
"""The first byte of a TLS client (RFC 8446, section 5.1); no CONNECT begins with it."""

Handlers: TypeAlias = "dict[int, Callable[[Connection, int, bytes, int, int], None]]"


def on_puback(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBACK (3.4)."""
    connection.session.acknowledge(codec.parse_packet_id(data, start, end))


def on_pubrec(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBREC (3.5): answered with PUBREL, known or not, so that the client can finish, as mosquitto does."""
    packet_id = codec.parse_packet_id(data, start, end)
    connection.session.release(packet_id)
    connection.send(codec.PUBREL_HEAD + data[start:end])


def on_pubcomp(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PUBCOMP (3.7)."""
    connection.session.complete(codec.parse_packet_id(data, start, end))


def on_pingreq(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """PINGREQ (3.12)."""
    codec.check_empty(start, end)
    connection.send(codec.PINGRESP_PACKET)


def on_disconnect(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """DISCONNECT (3.14): the one end without a will."""
    codec.check_empty(start, end)
    connection.will = None
    connection.close(reasons.DISCONNECTED)


AWAITING_CONNECT: Handlers = {codec.CONNECT: on_connect}
"""Fresh from accept; only CONNECT may come (3.1.0-1)."""

LOGGING_IN: Handlers = {}
"""CONNECT came and the application is deciding; what comes meanwhile is not read."""

CONNECTED: Handlers = {
    codec.CONNECT: on_second_connect,
    codec.PUBLISH_QOS0: on_publish,
    codec.PUBLISH_QOS0 | codec.RETAIN: on_publish,
    codec.PUBLISH_QOS1: on_publish,
    codec.PUBLISH_QOS1 | codec.RETAIN: on_publish,
    codec.PUBLISH_QOS1 | codec.DUP: on_publish,
    codec.PUBLISH_QOS1 | codec.DUP | codec.RETAIN: on_publish,
    codec.PUBLISH_QOS2: on_publish_qos2,
    codec.PUBLISH_QOS2 | codec.RETAIN: on_publish_qos2,
    codec.PUBLISH_QOS2 | codec.DUP: on_publish_qos2,
    codec.PUBLISH_QOS2 | codec.DUP | codec.RETAIN: on_publish_qos2,
    codec.PUBACK: on_puback,
    codec.PUBREC: on_pubrec,
    codec.PUBREL: on_pubrel,
    codec.PUBCOMP: on_pubcomp,
    codec.SUBSCRIBE: on_subscribe,
    codec.UNSUBSCRIBE: on_unsubscribe,
    codec.PINGREQ: on_pingreq,
    codec.DISCONNECT: on_disconnect,
}
"""Accepted and in `Broker.clients`. DUP at QoS 0 (3.3.1-2), QoS 3 and wrong flags (2.2.2-2) are not in the table."""

CLOSED: Handlers = {}
"""Ended: the last bytes may still be on their way out, what comes is not read."""


def unexpected(state: Handlers, first: int) -> str:
    """What to say about a first byte that is not in `state`."""
    if state is AWAITING_CONNECT:
        if first == TLS_HANDSHAKE:
            return "it speaks TLS, and this port does not: connect to the TLS port, or without TLS"
        return f"the first packet begins with 0x{first:02x}; it must be a CONNECT"
    return f"a packet that begins with 0x{first:02x}, which a client must not send"

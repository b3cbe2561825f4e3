"""MQTT 3.1.1 bytes <-> packets. It knows no sockets, no clients and no topics' meaning.

Parsers take the read buffer and the bounds of a packet's body in it, return plain values and raise `Malformed`. Whether
the first byte (type and flags, section 2.2.2) is a legal one is looked up by the caller, who has a table of them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from henge_mqtt.errors import Malformed, TooMuch, UnknownVersion

# First bytes of the packets we send, and of those that may be received (table 2.1 and 2.2).
CONNECT = 0x10
CONNACK = 0x20
PUBLISH_QOS0 = 0x30
PUBLISH_QOS1 = 0x32
PUBLISH_QOS2 = 0x34
PUBACK = 0x40
PUBREC = 0x50
PUBREL = 0x62
PUBCOMP = 0x70
SUBSCRIBE = 0x82
SUBACK = 0x90
UNSUBSCRIBE = 0xA2
UNSUBACK = 0xB0
PINGREQ = 0xC0
PINGRESP = 0xD0
DISCONNECT = 0xE0

PROTOCOL = b"\x00\x04MQTT\x04"
"""How the body of a CONNECT begins: the protocol's name and level (3.1.2.1, 3.1.2.2)."""

CLEAN_SESSION = 0x02
"""The flags of a CONNECT with nothing but a client id."""

DUP = 0x08
RETAIN = 0x01

REFUSED = 0x80
"""The return code of a filter that was not granted (3.9.3)."""

PINGRESP_PACKET = b"\xd0\x00"
PUBACK_HEAD = b"\x40\x02"
PUBREC_HEAD = b"\x50\x02"
PUBREL_HEAD = b"\x62\x02"
PUBCOMP_HEAD = b"\x70\x02"

NONCHARACTERS = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))

UNFIT = re.compile(f"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{NONCHARACTERS}]")
"""U+0000 must not be in a string; control and non-characters may be refused (1.5.3). mosquitto refuses them too."""


class Will(NamedTuple):
    """What to publish for a client that ends without DISCONNECT; `topic` is raw UTF-8, not yet checked as a name."""

    topic: bytes
    payload: bytes
    qos: int
    retain: bool


class Connect(NamedTuple):
    """A CONNECT packet (3.1)."""

    client_id: str
    clean_session: bool
    keep_alive: int
    will: Will | None
    username: str | None
    password: bytes | None


# --- framing ----------------------------------------------------------------------------------------------------------


def frames(data: bytes, limit: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first byte, start, end) of the body of each whole packet in `data`; a partial one at the end is left.

    Raises TooMuch for a remaining length (2.2.3) over `limit` and Malformed for one of five bytes, without the body.
    """
    position, size = 0, len(data)
    while size - position >= 2:
        length = data[position + 1]
        start = position + 2
        if length > 127 and size > start and data[start] < 128:  # two bytes of length: most messages
            length += (data[start] << 7) - 128
            start += 1
        elif length > 127:
            length, start = _long_length(data, position + 1, size)
            if not start:
                return
        if length > limit:
            raise TooMuch("packet_size", f"a packet of {length} bytes; the limit is {limit}")
        end = start + length
        if end > size:
            return
        yield data[position], start, end
        position = end


def _long_length(data: bytes | bytearray, position: int, size: int) -> tuple[int, int]:
    """The remaining length at `position` and where it ends; (0, 0) while bytes of it are missing."""
    length = 0
    for shift in range(4):
        if position + shift >= size:
            return 0, 0
        byte = data[position + shift]
        length |= (byte & 127) << 7 * shift
        if byte < 128:
            return length, position + shift + 1
    raise Malformed("a remaining length of more than four bytes")


def frame_size(head: bytes | bytearray) -> int:
    """The size in bytes of the packet that `head` begins, or what must at least be there to know it."""
    if len(head) < 2:
        return 2
    length, start = _long_length(head, 1, len(head))
    return start + length if start else len(head) + 1


def _remaining_length(length: int) -> bytes:
    """`length` as a variable-length integer (2.2.3)."""
    if length < 128:
        return bytes((length,))
    encoded = bytearray()
    while length > 127:
        encoded.append(length & 127 | 128)
        length >>= 7
    encoded.append(length)
    return bytes(encoded)


# --- fields -----------------------------------------------------------------------------------------------------------


def text(raw: bytes) -> str:
    """UTF-8 text fit for MQTT (1.5.3); raises Malformed."""
    try:
        decoded = str(raw, "utf-8")
    except UnicodeDecodeError:
        raise Malformed("text that is not UTF-8") from None
    if not (decoded.isascii() and decoded.isprintable()) and UNFIT.search(decoded):
        raise Malformed("a control or non-character in text")
    return decoded


def _sized(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The field with its size before it (1.5.3) that begins at `at`, and where it ends."""
    start = at + 2
    if start <= end and (stop := start + (data[at] << 8 | data[at + 1])) <= end:
        return data[start:stop], stop
    raise Malformed("a packet shorter than its fields")


def _packet_id(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The packet id (2.3.1) that begins at `at`, and where it ends."""
    if at + 2 > end:
        raise Malformed("a packet shorter than its fields")
    packet_id = data[at : at + 2]
    if packet_id == b"\x00\x00":
        raise Malformed("packet identifier 0")
    return packet_id, at + 2


# --- packets from a client --------------------------------------------------------------------------------------------


def parse_connect(data: bytes, start: int, end: int) -> Connect:
    """A CONNECT packet (3.1); raises UnknownVersion for another protocol level, whatever follows it."""
    at = start + 10
    if data[start : start + 7] != PROTOCOL or at > end:
        _check_protocol(data, start, end)
    flags = data[start + 7]
    if flags != CLEAN_SESSION:
        _check_connect_flags(flags)
    client_id, at = _sized(data, at, end)
    will = username = password = None
    if flags & 0x04:
        topic, at = _sized(data, at, end)
        payload, at = _sized(data, at, end)
        will = Will(topic, payload, flags >> 3 & 3, bool(flags & 0x20))
    if flags & 0x80:
        username, at = _sized(data, at, end)
    if flags & 0x40:
        password, at = _sized(data, at, end)
    if at != end:
        raise Malformed("a packet longer than its fields")
    keep_alive = data[start + 8] << 8 | data[start + 9]
    name = None if username is None else text(username)
    return Connect(text(client_id), bool(flags & 0x02), keep_alive, will, name, password)


def _check_protocol(data: bytes, start: int, end: int) -> None:
    """Raises for what does not begin with the protocol's name and level (3.1.2.1, 3.1.2.2), or ends soon after it."""
    name, at = _sized(data, start, end)
    if name not in (b"MQTT", b"MQIsdp"):
        raise Malformed("a CONNECT without MQTT's name in it")
    if at < end and (name != b"MQTT" or data[at] != 4):
        raise UnknownVersion(name, data[at])
    raise Malformed("a packet shorter than its fields")


def _check_connect_flags(flags: int) -> None:
    """Section 3.1.2.3 to 3.1.2.9."""
    if flags & 0x01:
        raise Malformed("the reserved flag of CONNECT is set")
    if not flags & 0x04 and flags & 0x38:
        raise Malformed("will QoS or retain without a will")
    if flags & 0x18 == 0x18:
        raise Malformed("a will with QoS 3")
    if flags & 0x40 and not flags & 0x80:
        raise Malformed("a password without a user name")


def parse_publish(first: int, data: bytes, start: int, end: int) -> tuple[bytes, bytes, bytes]:
    """A PUBLISH packet (3.3): raw topic, packet id (empty at QoS 0), payload."""
    if end - start < 2:
        raise Malformed("a PUBLISH without a topic")
    payload = topic_end = start + 2 + (data[start] << 8 | data[start + 1])
    if first & 0x06:
        payload += 2
        packet_id = data[topic_end:payload]
        if packet_id == b"\x00\x00":
            raise Malformed("packet identifier 0")
    else:
        packet_id = b""
    if payload > end:
        raise Malformed("a PUBLISH shorter than its topic")
    return data[start + 2 : topic_end], packet_id, data[payload:end]


def parse_packet_id(data: bytes, start: int, end: int) -> int:
    """The packet id of a packet that has nothing else (PUBACK, PUBREC, PUBREL, PUBCOMP: 3.4 to 3.7)."""
    if end - start != 2:
        raise Malformed("an acknowledgement that is not two bytes long")
    packet_id = data[start] << 8 | data[start + 1]
    if not packet_id:
        raise Malformed("packet identifier 0")
    return packet_id


def parse_subscribe(data: bytes, start: int, end: int) -> tuple[bytes, list[tuple[bytes, int]]]:
    """A SUBSCRIBE packet (3.8): packet id, and (raw filter, QoS) at least once."""
    packet_id, at = _packet_id(data, start, end)
    wanted: list[tuple[bytes, int]] = []
    while at < end:
        raw, at = _sized(data, at, end)
        if at == end:
            raise Malformed("a packet shorter than its fields")
        if data[at] > 2:
            raise Malformed("a subscription with QoS over 2 or reserved bits set")
        wanted.append((raw, data[at]))
        at += 1
    if not wanted:
        raise Malformed("a SUBSCRIBE without a filter")
    return packet_id, wanted


def parse_unsubscribe(data: bytes, start: int, end: int) -> tuple[bytes, list[bytes]]:
    """An UNSUBSCRIBE packet (3.10): packet id, and raw filters, at least one."""
    packet_id, at = _packet_id(data, start, end)
    filters: list[bytes] = []
    while at < end:
        raw, at = _sized(data, at, end)
        filters.append(raw)
    if not filters:
        raise Malformed("an UNSUBSCRIBE without a filter")
    return packet_id, filters


def check_empty(start: int, end: int) -> None:
    """A packet without a body (PINGREQ, DISCONNECT: 3.12, 3.14)."""
    if start != end:
        raise Malformed("a body in a packet that has none")


# --- packets to a client ----------------------------------------------------------------------------------------------


def connack(session_present: bool, code: int) -> bytes:
    """A CONNACK packet (3.2)."""
    return bytes((CONNACK, 2, session_present, code))


def suback(packet_id: bytes, codes: bytes) -> bytes:
    """A SUBACK packet (3.9); `codes` are granted QoS or REFUSED, one per filter."""
    return b"\x90" + _remaining_length(2 + len(codes)) + packet_id + codes


def unsuback(packet_id: bytes) -> bytes:
    """An UNSUBACK packet (3.11)."""
    return b"\xb0\x02" + packet_id


def publish_head(first: int, topic: str, payload_size: int) -> bytes:
    """A PUBLISH packet (3.3) up to where the packet id or, at QoS 0, the payload follows."""
    name = topic.encode()
    size = len(name)
    length = size + payload_size + (4 if first & 0x06 else 2)
    if length < 128:
        return bytes((first, length, size >> 8, size & 255)) + name
    if length < 16384:
        return bytes((first, length & 127 | 128, length >> 7, size >> 8, size & 255)) + name
    return bytes((first,)) + _remaining_length(length) + size.to_bytes(2, "big") + name

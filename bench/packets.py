"""MQTT 3.1.1 packets for the scripted boards: built before they are needed, taken apart no further than need be."""

from collections.abc import Iterator

CONNACK, PUBLISH = 0x20, 0x30
TYPE = 0xF0

_CLEAN, _PASSWORD, _USERNAME = 0x02, 0x40, 0x80


def connect(client_id: str, password: str | None = None) -> bytes:
    """A CONNECT with a clean session and no keep-alive; with a password, the client id is the user name."""
    flags, rest = _CLEAN, _text(client_id)
    if password is not None:
        flags |= _USERNAME | _PASSWORD
        rest += _text(client_id) + _text(password)
    return _packet(0x10, _text("MQTT") + bytes((4, flags, 0, 0)) + rest)


def subscribe(*filters: str) -> bytes:
    """A SUBSCRIBE with QoS 1."""
    return _packet(0x82, b"\x00\x01" + b"".join(_text(one) + b"\x01" for one in filters))


def publish(topic: str, payload: bytes, packet_id: int = 0, retain: bool = False) -> bytes:
    """A PUBLISH: QoS 1 with a packet id, QoS 0 without."""
    first = PUBLISH | (0x02 if packet_id else 0) | retain
    return _packet(first, _text(topic) + (packet_id.to_bytes(2, "big") if packet_id else b"") + payload)


def puback(data: bytes, start: int) -> bytes:
    """The PUBACK for the QoS 1 PUBLISH whose body begins at `start`."""
    at = start + 2 + (data[start] << 8 | data[start + 1])
    return b"\x40\x02" + data[at : at + 2]


def payload(data: bytes, start: int, end: int) -> bytes:
    """The payload of a QoS 1 PUBLISH."""
    return data[start + 4 + (data[start] << 8 | data[start + 1]) : end]


def frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(first byte, start, end) of the body of each whole packet."""
    position, size = 0, len(data)
    while position + 2 <= size:
        length, start = data[position + 1], position + 2
        if length > 127:
            if start == size:
                return
            length, start = length + (data[start] << 7) - 128, start + 1
            if length > 16383:
                raise ValueError("a packet of more than 16 KiB, which nobody sent")
        if start + length > size:
            return
        yield data[position], start, start + length
        position = start + length


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first: int, body: bytes) -> bytes:
    size = len(body)
    head = bytes((first, size)) if size < 128 else bytes((first, size & 127 | 128, size >> 7))
    return head + body

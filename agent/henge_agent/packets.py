"""MQTT 3.1.1 packets as a client writes and reads them: bytes in, packets out, no sockets.

Only what the agent needs: QoS 0 and 1, one will. A packet larger than the parser's limit is read past without being
held, and is told as `oversized`.
"""

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13

_QOS1 = 0x02  # bits 1-2 of a PUBLISH header (3.3.1.2)
_RETAIN = 0x01
_HELD_OF_OVERSIZED = 160  # bytes: a topic of 2 + 90 and the packet id behind it, to answer and to name it


class BadPacket(ValueError):
    """Bytes that are not MQTT 3.1.1, or not from a server."""


class Packet:
    """One packet from the server. `body` is all behind the fixed header."""

    def __init__(self, kind: int, flags: int, body: "bytes | bytearray", size: int) -> None:
        self.kind = kind
        self.flags = flags
        self.body = body
        self.size = size  # bytes that the body has on the wire

    @property
    def oversized(self) -> bool:
        """Whether only the beginning of the body was kept."""
        return self.size > len(self.body)


class Parser:
    """Takes the server's bytes in pieces of any size."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._header = bytearray()
        self._body = bytearray()
        self._size = -1  # of the body; -1 while the header is not complete
        self._held = 0  # how much of the body is kept
        self._got = 0

    def feed(self, data: "bytes | bytearray | memoryview") -> "list[Packet]":
        """The packets that are complete with this piece. Raises BadPacket."""
        view = memoryview(data)
        at, end = 0, len(view)
        found = []
        while at < end:
            if self._size < 0:
                self._take_header(view[at])
                at += 1
            else:
                at += self._take_body(view[at:])
            if self._size == self._got:
                found.append(self._packet())
        return found

    def _take_header(self, byte: int) -> None:
        self._header.append(byte)
        length = len(self._header) - 1
        if not length or byte & 0x80:
            if length == 4:
                raise BadPacket("a packet's length has more than four bytes (2.2.3)")
            return
        self._size = 0
        for place in range(length):
            self._size |= (self._header[1 + place] & 0x7F) << (7 * place)
        self._got = 0
        self._hold(self._size if self._size <= self._max_bytes else _HELD_OF_OVERSIZED)

    def _hold(self, count: int) -> None:
        try:
            self._held = min(self._size, count)
            self._body = bytearray(self._held)
        except MemoryError:  # a board whose heap is in pieces: too large for it, this time
            self._held = min(self._size, _HELD_OF_OVERSIZED)
            self._body = bytearray(self._held)

    def _take_body(self, view: memoryview) -> int:
        count = min(len(view), self._size - self._got)
        keep = min(count, self._held - self._got)
        if keep > 0:
            self._body[self._got : self._got + keep] = view[:keep]
        self._got += count
        return count

    def _packet(self) -> Packet:
        packet = Packet(self._header[0] >> 4, self._header[0] & 15, self._body, self._size)
        self._header, self._body = bytearray(), bytearray()
        self._size, self._got = -1, 0
        return packet


class Message:
    """A PUBLISH. `packet_id` is None at QoS 0; `payload` lies in the packet, or is None where that was oversized."""

    def __init__(self, topic: str, payload: "memoryview | None", packet_id: "int | None") -> None:
        self.topic = topic
        self.payload = payload
        self.packet_id = packet_id


def read_message(packet: Packet) -> Message:
    """What a PUBLISH says (3.3). Raises BadPacket."""
    qos = packet.flags >> 1 & 3
    if qos > 1:
        raise BadPacket("a message with QoS {}; nothing above 1 was asked for".format(qos))
    end = 2 + _number(packet.body, 0)
    start = end + 2 if qos else end
    if len(packet.body) < start:
        raise BadPacket("a message that ends within its topic")
    try:
        topic = bytes(packet.body[2:end]).decode()
    except UnicodeError:
        raise BadPacket("a topic that is not UTF-8")
    payload = None if packet.oversized else memoryview(packet.body)[start:]
    return Message(topic, payload, _number(packet.body, end) if qos else None)


def read_connack(packet: Packet) -> int:
    """The return code of a CONNACK (3.2.2.3). Raises BadPacket where it is none."""
    if packet.kind != CONNACK or len(packet.body) != 2:
        raise BadPacket("the answer to CONNECT is not a CONNACK")
    return packet.body[1]


def read_ack(packet: Packet) -> int:
    """The packet id of a PUBACK or SUBACK. Raises BadPacket."""
    return _number(packet.body, 0)


def connect(client_id: str, user: str, password: str, will_topic: str, will: bytes, keep_alive_s: int) -> bytes:
    """CONNECT (3.1): clean session, a retained will at QoS 1."""
    flags = 0x80 | 0x40 | 0x20 | 1 << 3 | 0x04 | 0x02  # user, password, will retained, will QoS 1, will, clean session
    head = b"\x00\x04MQTT\x04" + bytes((flags, keep_alive_s >> 8, keep_alive_s & 255))
    rest = b"".join(_field(part) for part in (client_id.encode(), will_topic.encode(), will, user.encode()))
    return _packet(0x10, head + rest + _field(password.encode()))


def publish(topic: str, payload: bytes, packet_id: "int | None" = None, retain: bool = False) -> bytes:
    """PUBLISH (3.3), at QoS 1 where there is a packet id."""
    head = PUBLISH << 4 | (_RETAIN if retain else 0)
    if packet_id is None:
        return _packet(head, _field(topic.encode()) + payload)
    return _packet(head | _QOS1, _field(topic.encode()) + packet_id.to_bytes(2, "big") + payload)


def subscribe(topics: "list[str]", packet_id: int) -> bytes:
    """SUBSCRIBE (3.8) to all of `topics` at QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2, "big") + b"".join(_field(t.encode()) + b"\x01" for t in topics))


def puback(packet_id: int) -> bytes:
    """PUBACK (3.4)."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


PINGREQ = b"\xc0\x00"


def _packet(first: int, body: bytes) -> bytes:
    header = bytearray((first,))
    size = len(body)
    while size > 0x7F:
        header.append(size & 0x7F | 0x80)
        size >>= 7
    header.append(size)
    return bytes(header) + body


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _number(body: "bytes | bytearray", at: int) -> int:
    if at + 2 > len(body):
        raise BadPacket("a packet that ends too early")
    return body[at] << 8 | body[at + 1]

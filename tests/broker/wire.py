"""An MQTT client for tests that can be as wrong as a test wants: it sends bytes and reads packets, nothing more."""

from __future__ import annotations

import asyncio
import ssl
import struct
from typing import Any, NamedTuple, Self


class Packet(NamedTuple):
    """What came: the first byte and the body."""

    first: int
    body: bytes

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return self.body[2 : 2 + int.from_bytes(self.body[:2], "big")].decode()

    @property
    def packet_id(self) -> int:
        """Of a PUBLISH with QoS 1 or 2, or of an acknowledgement."""
        start = 2 + int.from_bytes(self.body[:2], "big") if self.first >> 4 == 3 else 0
        return int.from_bytes(self.body[start : start + 2], "big")

    @property
    def payload(self) -> bytes:
        """Of a PUBLISH."""
        return self.body[2 + int.from_bytes(self.body[:2], "big") + (2 if self.first & 6 else 0) :]


def field(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def packet(first: int, body: bytes = b"") -> bytes:
    length, size = bytearray(), len(body)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    length.append(size)
    return bytes([first]) + bytes(length) + body


def connect(
    client_id: str | bytes = "c",
    *,
    clean: bool = True,
    keep_alive: int = 0,
    will: tuple[str, bytes, int, bool] | None = None,
    username: str | None = None,
    password: bytes | None = None,
    level: int = 4,
    name: str = "MQTT",
    flags: int = 0,
) -> bytes:
    flags |= clean << 1
    rest = field(client_id)
    if will is not None:
        topic, payload, qos, retain = will
        flags |= 0x04 | qos << 3 | retain << 5
        rest += field(topic) + field(payload)
    if username is not None:
        flags |= 0x80
        rest += field(username)
    if password is not None:
        flags |= 0x40
        rest += field(password)
    return packet(0x10, field(name) + bytes([level, flags]) + struct.pack(">H", keep_alive) + rest)


def publish(
    topic: str | bytes,
    payload: bytes = b"",
    *,
    qos: int = 0,
    retain: bool = False,
    dup: bool = False,
    packet_id: int = 1,
) -> bytes:
    first = 0x30 | dup << 3 | qos << 1 | retain
    return packet(first, field(topic) + (struct.pack(">H", packet_id) if qos else b"") + payload)


def subscribe(*filters: tuple[str | bytes, int], packet_id: int = 1) -> bytes:
    return packet(0x82, struct.pack(">H", packet_id) + b"".join(field(name) + bytes([qos]) for name, qos in filters))


def unsubscribe(*filters: str, packet_id: int = 1) -> bytes:
    return packet(0xA2, struct.pack(">H", packet_id) + b"".join(field(name) for name in filters))


def puback(packet_id: int) -> bytes:
    return packet(0x40, struct.pack(">H", packet_id))


def pubrec(packet_id: int) -> bytes:
    return packet(0x50, struct.pack(">H", packet_id))


def pubrel(packet_id: int) -> bytes:
    return packet(0x62, struct.pack(">H", packet_id))


def pubcomp(packet_id: int) -> bytes:
    return packet(0x70, struct.pack(">H", packet_id))


PINGREQ = packet(0xC0)
DISCONNECT = packet(0xE0)


class Wire:
    """One socket to the broker. A read that takes longer than a broken broker deserves raises TimeoutError."""

    PATIENCE_S = 10

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, tls: ssl.SSLContext | None = None) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))

    @property
    def certificate(self) -> dict[str, Any]:
        """What the broker has shown, where there is TLS."""
        return self._writer.get_extra_info("peercert")

    def send(self, *packets: bytes) -> None:
        if not self._writer.is_closing():  # uvloop raises where asyncio passes over it
            self._writer.write(b"".join(packets))

    async def sent(self) -> None:
        await self._writer.drain()

    async def read(self) -> Packet:
        """The next packet; raises IncompleteReadError when the broker has closed."""
        async with asyncio.timeout(self.PATIENCE_S):
            first, length = await self._reader.readexactly(2)
            shift = 7
            size = length & 127
            while length > 127:
                length = (await self._reader.readexactly(1))[0]
                size |= (length & 127) << shift
                shift += 7
            return Packet(first, await self._reader.readexactly(size))

    async def ask(self, *packets: bytes) -> Packet:
        self.send(*packets)
        return await self.read()

    async def until_pong(self) -> list[Packet]:
        """All that came up to the answer to a PINGREQ sent now: everything the broker had to say so far."""
        self.send(PINGREQ)
        came = []
        while (answer := await self.read()).first != 0xD0:
            came.append(answer)
        return came

    async def still_answers(self, size: int = 300) -> bool:
        """Whether the broker closed because of what was sent, or goes on: anything else ends in TimeoutError.

        Up to `size` bytes that it may wait for come as pings; what it answers then is a PUBREL that ends nothing.
        """
        self.send(PINGREQ * size, pubrel(0xBEEF))
        answer = Packet(0x70, b"\xbe\xef")
        return answer in await self.until_closed(answer)

    async def until_closed(self, last: Packet | None = None) -> list[Packet]:
        """All that came until the broker closed, or up to `last`."""
        came: list[Packet] = []
        try:
            while not came or came[-1] != last:
                came.append(await self.read())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        return came

    async def close(self) -> None:
        """Vanish: no DISCONNECT."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except (ConnectionError, ssl.SSLError):  # of the latter: what was on its way when we left
            pass

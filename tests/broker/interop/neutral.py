"""The other end of a scenario: a client made of packets, which does what the protocol says and has no habits."""

from __future__ import annotations

from tests.broker import wire
from tests.broker.interop.tap import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL
from tests.broker.wire import Packet, Wire


def qos_of(publish: Packet) -> int:
    return publish.first >> 1 & 3


def is_retained(publish: Packet) -> bool:
    return bool(publish.first & 1)


def is_duplicate(publish: Packet) -> bool:
    return bool(publish.first & 8)


def _answer(kind: int, packet_id: int) -> bytes:
    """An acknowledgement; PUBREL has a flag set (3.6.1-1)."""
    return wire.packet(kind << 4 | (2 if kind == PUBREL else 0), packet_id.to_bytes(2, "big"))


class Neutral:
    """A connected client: it publishes with any QoS, and acknowledges whatever it reads."""

    def __init__(self, line: Wire) -> None:
        self._line = line

    @classmethod
    async def connect(cls, port: int, client_id: str, *filters: tuple[str, int]) -> Neutral:
        line = await Wire.open(port)
        answer = await line.ask(wire.connect(client_id, username="ann", password=b"right"))
        assert answer == (0x20, b"\x00\x00")
        if filters:
            answer = await line.ask(wire.subscribe(*filters))
            assert answer == (0x90, b"\x00\x01" + bytes(qos for _, qos in filters))
        return cls(line)

    async def read(self) -> Packet:
        """The next PUBLISH. The broker may send others before it goes on with one of QoS 2."""
        while True:
            packet = await self._line.read()
            if packet.first >> 4 == PUBREL:
                self._line.send(_answer(PUBCOMP, packet.packet_id))
                continue
            assert packet.first >> 4 == PUBLISH, packet
            if qos_of(packet):
                self._line.send(_answer(PUBREC if qos_of(packet) == 2 else PUBACK, packet.packet_id))
            return packet

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Returns when the broker has taken it: for QoS 0 shown by its answer to a PINGREQ."""
        self._line.send(wire.publish(topic, payload, qos=qos, retain=retain))
        if qos == 0:
            assert await self._line.until_pong() == []
        elif qos == 1:
            assert (await self._line.read()).first >> 4 == PUBACK
        else:
            assert (await self._line.read()).first >> 4 == PUBREC
            assert (await self._line.ask(_answer(PUBREL, 1))).first >> 4 == PUBCOMP

    async def until_closed(self) -> None:
        """Returns when the broker has closed the connection."""
        await self._line.until_closed()

    async def close(self) -> None:
        await self._line.close()

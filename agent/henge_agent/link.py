"""Link: one MQTT connection, from CONNECT to its end. Everything that goes wrong on it becomes LinkLost.

It owns no task: the agent runs `read` and `watch` side by side, and ends both when either raises.
"""

import asyncio

from henge_agent import packets
from henge_agent.compat import abort, reason
from henge_agent.packets import BadPacket, Parser

# Seconds between the CONNECT's beginning and its answer. A fleet of thousands coming back keeps a server busy for some.
OPEN_TIMEOUT_S = 20
# Milliseconds for an acknowledgement. The server acknowledges a report when its disk has it, so this also bounds how
# long a stuck disk goes unnoticed.
ANSWER_TIMEOUT_MS = 20_000
_READ_BYTES = 1024  # at a time: a desired of everyday size in one piece, a small buffer on a board
_CLOSE_TIMEOUT_S = 2  # for the last bytes to leave
_MAX_UNANSWERED = 64  # messages on their way; more than a healthy server ever leaves open


class LinkLost(Exception):
    """The connection is over, or could not be made; the next one may work. The text says why."""


class LinkRefused(LinkLost):
    """One of the two said no and will say it again until a person changes something. `todo` is what that may be."""

    def __init__(self, text: str, todo: "list[str]") -> None:
        super().__init__(text)
        self.todo = todo


class LinkLeft(LinkLost):
    """The agent has ended it, to make it anew."""


class LinkClosed(LinkLost):
    """The server ended a connection that it had accepted."""


class Link:
    """`on_message(topic, payload)` is called for each message; payload is None where it was over `max_bytes`.

    It is a memoryview on the packet, which a board could not hold twice.
    """

    def __init__(self, clock, keep_alive_s: int, max_bytes: int, on_message) -> None:
        self._clock = clock
        self._keep_alive_ms = keep_alive_s * 1000
        self._parser = Parser(max_bytes)
        self._on_message = on_message
        self._reader = self._writer = None
        self._host, self._port = "", 0
        self._accepted = False
        self._sending = asyncio.Lock()  # MicroPython's streams lose bytes when two tasks write at once
        self._send_began: "int | None" = None
        self._unread: list = []  # packets that came in one piece with the CONNACK
        self._last_id = 0
        self._all_answered = asyncio.Event()
        self._unanswered: dict = {}  # packet id -> when it was sent; 0 -> when the ping was
        self._heard_at = self._sent_at = clock.ms()

    async def open(self, connect, host: str, port: int, connect_packet: bytes) -> None:
        """Returns when the server has said yes. Raises LinkLost, LinkRefused.

        `connect(host, port)` is the board's way to a pair of streams.
        """
        self._host, self._port = host, port
        try:
            await asyncio.wait_for(self._open(connect, host, port, connect_packet), OPEN_TIMEOUT_S)
        except asyncio.TimeoutError:
            raise LinkLost("no answer from {}:{} within {} s".format(host, port, OPEN_TIMEOUT_S))

    async def _open(self, connect, host: str, port: int, connect_packet: bytes) -> None:
        try:
            self._reader, self._writer = await connect(host, port)
            self._writer.write(connect_packet)  # MicroPython hears only now that nobody listens there
            await self._writer.drain()
        except (OSError, ValueError) as error:  # ValueError: what TLS raises on MicroPython
            raise self._lost("cannot connect to {}:{}: ".format(host, port), error)
        while not self._unread:
            self._unread = await self._receive()
        code = self._parsed(packets.read_connack, self._unread.pop(0))
        if code:
            text, todo = _refusal(code)
            raise LinkRefused(text, todo) if text else LinkLost("the server is not available (code {})".format(code))
        self._accepted = True

    async def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """Hands a message to the network. At QoS 1 its acknowledgement is watched for. Raises LinkLost."""
        packet_id = self._expect_answer() if qos else None
        await self._send(packets.publish(topic, payload, packet_id, retain))

    async def subscribe(self, topics: "list[str]") -> None:
        """Asks for messages; a refusal comes out of `read`. Raises LinkLost."""
        await self._send(packets.subscribe(topics, self._expect_answer()))

    async def read(self) -> None:
        """Takes packets until the connection ends. Raises LinkLost; never returns."""
        while True:
            while self._unread:
                await self._take(self._unread.pop(0))  # held by nothing else, so that the heap has it back at once
            self._unread = await self._receive()

    async def watch(self, sign) -> None:
        """Sends pings, and calls `sign()` now and then. Raises LinkLost when the server owes an answer for too long."""
        while True:
            await asyncio.sleep(self._keep_alive_ms / 4000)
            await self._look()
            sign()

    async def answered(self) -> None:
        """Returns when the server owes no answer any more; where it owes one for too long, `watch` ends the link."""
        while self._unanswered:
            self._all_answered.clear()
            await self._all_answered.wait()

    async def close(self) -> None:
        """Without DISCONNECT, so that the broker sends the will, however this board comes to leave."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), _CLOSE_TIMEOUT_S)
        except asyncio.TimeoutError:
            abort(writer)
        except (OSError, ValueError):
            pass  # it was dead already

    async def _look(self) -> None:
        now = self._clock.ms()
        for since in list(self._unanswered.values()) + [self._send_began or now]:
            if now - since > ANSWER_TIMEOUT_MS:
                raise LinkLost("no answer from the server for {} s".format((now - since) // 1000))
        quiet = now - min(self._sent_at, self._heard_at) >= self._keep_alive_ms // 2
        if quiet and 0 not in self._unanswered and not self._sending.locked():
            self._unanswered[0] = now
            await self._ping()

    async def _ping(self) -> None:
        try:
            await asyncio.wait_for(self._send(packets.PINGREQ), ANSWER_TIMEOUT_MS / 1000)
        except asyncio.TimeoutError:
            raise LinkLost("the network takes nothing more")

    async def _take(self, packet: packets.Packet) -> None:
        if packet.kind == packets.PUBLISH:
            message = self._parsed(packets.read_message, packet)
            if message.packet_id is not None:
                await self._send(packets.puback(message.packet_id))
            self._on_message(message.topic, message.payload)
        elif packet.kind == packets.PUBACK:
            self._has_answer(self._parsed(packets.read_ack, packet))
        elif packet.kind == packets.SUBACK:
            self._has_answer(self._parsed(packets.read_ack, packet))
            if 0x80 in bytes(packet.body[2:]):  # bytes: a bytearray of MicroPython cannot tell
                raise LinkRefused("the server does not let this device read its own configuration", [])
        elif packet.kind == packets.PINGRESP:
            self._has_answer(0)
        else:
            raise LinkLost("a packet of type {}, which no server sends".format(packet.kind))

    def _has_answer(self, packet_id: int) -> None:
        self._unanswered.pop(packet_id, None)
        if not self._unanswered:
            self._all_answered.set()

    def _expect_answer(self) -> int:
        if len(self._unanswered) >= _MAX_UNANSWERED:
            raise LinkLost("{} messages wait for the server".format(len(self._unanswered)))
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._unanswered:
                break
        self._unanswered[self._last_id] = self._clock.ms()
        return self._last_id

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            if self._writer is None:
                raise LinkLost("the connection is closed")
            self._send_began = self._clock.ms()
            try:
                self._writer.write(data)
                await self._writer.drain()
            except (OSError, ValueError) as error:
                raise self._lost("cannot send: ", error)
            self._sent_at, self._send_began = self._clock.ms(), None

    async def _receive(self) -> "list[packets.Packet]":
        try:
            data = await self._reader.read(_READ_BYTES)  # type: ignore[union-attr]
        except (OSError, ValueError) as error:
            raise self._lost("cannot read: ", error)
        if not data:
            if self._accepted:
                raise LinkClosed("the server closed the connection")
            raise LinkLost("the server closed the connection without an answer; is that its port for TLS, or without?")
        self._heard_at = self._clock.ms()
        return self._parsed(self._parser.feed, data)

    def _lost(self, what: str, error: Exception) -> LinkLost:
        """On MicroPython any read or write of the beginning may bring the end of the handshake."""
        text, todo = _certificate(error, self._host)
        if text:
            return LinkRefused("do not trust {}:{}: {}".format(self._host, self._port, text), todo)
        return LinkLost(what + reason(error))

    def _parsed(self, parse, data):
        try:
            return parse(data)
        except BadPacket as error:
            raise LinkLost("the server sent what is not MQTT: " + str(error))


def _certificate(error: Exception, host: str) -> tuple:
    try:
        from henge_agent import trust  # for a moment

        return trust.certificate(error, host)
    except Exception:  # it cannot be had, for want of memory say: the error is told as any other
        return "", []


def _refusal(code: int) -> tuple:
    try:
        from henge_agent import trust

        return trust.refusal(code)
    except Exception:
        return "", []

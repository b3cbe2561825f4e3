"""One client's socket: bytes in, packets dispatched, packets out, one end. No task, future, lock or timer per packet.

Which packets may come when, and what they mean, is said in states.py; who is due and who writes when, in wheel.py and
outbox.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from henge_mqtt import codec, reasons
from henge_mqtt.client import Client
from henge_mqtt.errors import Malformed, TooMuch
from henge_mqtt.inbox import Inbox
from henge_mqtt.message import Message
from henge_mqtt.session import Session
from henge_mqtt.states import AWAITING_CONNECT, CLOSED, CONNECTED, LOGGING_IN, unexpected

if TYPE_CHECKING:
    from henge_mqtt.broker import Broker

PROGRESS = 1000
"""Bytes of a packet still missing: with more, a part of it is a sign of life as a whole one is (3.1.2.10), because on a
slow link a large packet may take longer than the keep-alive. With fewer, dribbling would hold a connection for ever.
mosquitto has the same number."""


class Connection(asyncio.Protocol, Client):
    """A client's connection. Its `state` is one of the tables in states.py."""

    __slots__ = (
        "_address",
        "_buffer",
        "_deferred",
        "_needed",
        "_out",
        "_reading",
        "_seen",
        "_size_limit",
        "_soft",
        "_stuck",
        "_transport",
        "_unsent",
        "_write_paused",
        "broker",
        "congested",
        "forbidden",
        "inbox",
        "session",
        "since",
        "slot",
        "state",
        "will",
    )

    _transport: asyncio.Transport
    session: Session
    """From the accepted CONNECT on."""

    def __init__(self, broker: Broker) -> None:
        Client.__init__(self)
        self.broker = broker
        self.state = AWAITING_CONNECT
        self.slot = 0  # the wheel's
        self.since = broker.clock()  # its beginning, and from the accepted CONNECT on the time of that; seconds
        self.will: Message | None = None
        self.inbox: Inbox | None = None
        self.forbidden = 0  # publishes refused so far
        self.congested = False  # so much waits for this reader that no message should be added
        self._size_limit = broker.limits.connect_size
        self._soft = broker.limits.write_soft
        self._address = ""
        self._seen = 0  # the wheel's time of the last bytes read
        self._buffer: bytearray | None = None  # the beginning of a packet, or all that came while not reading
        self._needed = 0  # bytes of _buffer without which there is no whole packet
        self._reading = True
        self._deferred = 0  # publishes and subscriptions waiting for the application
        self._out: list[bytes] = []
        self._unsent = 0  # bytes in _out
        self._write_paused = False  # the transport's word
        self._stuck = 0  # bytes that the transport holds while it takes no more, as counted in Stats.buffered_bytes

    # --- the socket opens and ends ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        admitted = self._admitted()
        self.broker.add(self)
        if not admitted:
            self.state = CLOSED
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=self._soft)
        self.broker.wheel.set(self, self.broker.limits.connect_timeout)

    def _admitted(self) -> bool:
        return self.broker.admit(self.address)

    def connection_lost(self, exc: Exception | None) -> None:
        self._out.clear()
        self._end(reasons.LOST, getattr(exc, "strerror", None) or str(exc or ""))
        self._count_stuck(0)
        self.broker.wheel.remove(self)
        self.broker.gone(self)

    def close(self, reason: str, detail: str = "") -> None:
        """End the connection, from any state; what was sent before still goes out. Only the first call counts."""
        self._end(reason, detail)

    def refuse(self, reason: str, detail: str = "") -> None:
        """End the connection instead of accepting its CONNECT."""
        self.broker.journal.refused(self.address, reason, detail, client=self.id, user=self.username)
        self._finish(reason)

    def fail(self, hook: str) -> None:
        """End the connection because of the exception being handled, which came out of the application."""
        self.broker.stats.hook_failures += 1
        self.broker.journal.failed(self, f"hook {hook}")
        self._finish(reasons.HOOK_FAILED)

    def _end(self, reason: str, detail: str = "") -> None:
        if self.state is not CLOSED:
            self.broker.journal.closed(self, reason, detail)
            self._finish(f"{reason}: {detail}" if reason is reasons.MALFORMED else reason)

    def _finish(self, reason: str) -> None:
        if self.state is CLOSED:
            return
        was_connected = self.connected
        self.connected = False
        self.state = CLOSED
        if self._buffer is not None:
            self._unbuffer()
        self._write_out()
        self._transport.close()
        self.broker.wheel.set(self, self.broker.limits.close_timeout)
        if was_connected:
            self.broker.ended(self, reason)

    def due(self) -> None:
        """The wheel has come round to this connection: what it waited for did not come, or it is to wait on."""
        broker = self.broker
        if self.state is CLOSED:
            broker.stats.reached["close_timeout"] += 1
            self._transport.abort()
        elif self.state is not CONNECTED:
            broker.stats.timeouts += 1
            broker.stats.reached["connect_timeout"] += 1
            self._end(reasons.CONNECT_TIMEOUT)
        else:
            left = 1.5 * self.keep_alive - (broker.wheel.now - self._seen)  # 3.1.2-24
            if left > 0 or not self._reading:  # while we do not read, its silence is ours
                broker.wheel.set(self, max(left, 1))
            else:
                broker.stats.timeouts += 1
                self._end(reasons.KEEP_ALIVE)

    @property
    def address(self) -> str:
        if not self._address:
            peer = self._transport.get_extra_info("peername")
            self._address = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else ""
        return self._address

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0]

    @property
    def lasted(self) -> int:
        """Seconds since its CONNECT was accepted or, before that, since its socket was."""
        return int(self.broker.clock() - self.since)

    @property
    def heard(self) -> int:
        """When anything came last, by the wheel's clock."""
        return self._seen

    @property
    def tls(self) -> str:
        """The version of TLS, as `TLSv1.3`; empty without."""
        secure = self._transport.get_extra_info("ssl_object")
        return (secure.version() or "") if secure else ""

    @property
    def closed(self) -> bool:
        return self.state is CLOSED

    # --- login --------------------------------------------------------------------------------------------------------

    def await_login(self) -> None:
        """Read nothing until `read_on`: the application is deciding."""
        self.state = LOGGING_IN
        self._stop_reading()

    def enter(self, session: Session) -> None:
        """Accepted: from here on this is the connection of `session`."""
        self.session = session
        session.connection = self
        self.connected = True
        self.state = CONNECTED
        self._size_limit = self.broker.limits.packet_size
        self.since = self.broker.clock()
        self._seen = self.broker.wheel.now
        if self.keep_alive:
            self.broker.wheel.set(self, 1.5 * self.keep_alive)
        else:
            self.broker.wheel.remove(self)

    # --- bytes in -----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self.broker.stats.bytes_in += len(data)
        if self._buffer is not None or not self._reading:
            self._keep(data)
            if self._buffer is None or not self._reading:
                return
            missing = self._needed - len(self._buffer)
            if missing > PROGRESS:
                self._seen = self.broker.wheel.now
            if missing > 0:
                return
            data = self._unbuffer()
        self._seen = self.broker.wheel.now
        self._read(data)

    def _read(self, data: bytes) -> None:
        """Handle the whole packets in `data` and keep the rest."""
        end = 0
        try:
            state = None
            while state is not self.state and self._reading:  # a state has its own table and size limit
                state = self.state
                data, end = data[end:], 0
                for first, start, stop in codec.frames(data, self._size_limit):
                    end = stop
                    handler = state.get(first)
                    if handler is None:
                        raise Malformed(unexpected(state, first))
                    handler(self, first, data, start, stop)
                    if self.state is not state or not self._reading:
                        break
            if end < len(data) and self.state is not CLOSED:
                self._await_rest(data[end:])
        except Malformed as problem:
            if self.state is not CLOSED:  # what follows the end of a connection is not looked at (3.1.4-5)
                self.broker.stats.malformed += 1
                if isinstance(problem, TooMuch):
                    self._count(problem.limit)
                self._end(reasons.MALFORMED, str(problem))
        except Exception:
            self.fail("on a packet")

    def _count(self, limit: str) -> None:
        if limit == "packet_size" and self.state is not CONNECTED:
            limit = "connect_size"
        self.broker.stats.reached[limit] += 1

    def _await_rest(self, rest: bytes) -> None:
        """Wait for the remainder of a packet; not for one that is not to come at all."""
        if self._reading and rest[0] not in self.state:
            raise Malformed(unexpected(self.state, rest[0]))
        self._needed = codec.frame_size(rest)
        self._keep(rest)

    def _keep(self, data: bytes) -> None:
        """Put bytes aside; with too many of all clients', this one is given up."""
        if self._buffer is None:
            self._buffer = bytearray()
        self._buffer += data
        stats = self.broker.stats
        stats.buffered_bytes += len(data)
        if stats.buffered_bytes > self.broker.limits.buffer_bytes:
            stats.reached["buffer_bytes"] += 1
            self._end(reasons.NO_ROOM, "limit buffer_bytes")

    def _unbuffer(self) -> bytes:
        """Take back what was put aside."""
        assert self._buffer is not None
        data, self._buffer = bytes(self._buffer), None
        self.broker.stats.buffered_bytes -= len(data)
        return data

    def defer(self) -> None:
        """Something of this client waits for the application; with too much of that, its socket is not read."""
        self._deferred += 1
        if self._deferred >= self.broker.limits.held and self._reading:
            self.broker.stats.reached["held"] += 1
            self._stop_reading()

    def undefer(self) -> None:
        """The application has answered."""
        self._deferred -= 1
        self.read_on()

    def read_on(self) -> None:
        """Read again, if nothing is in the way any more."""
        if not self._reading and self.state is not CLOSED:
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._reading or self.state is not CONNECTED or self._deferred >= self.broker.limits.held:
            return
        self._reading = True
        self._transport.resume_reading()
        self._seen = self.broker.wheel.now
        if self._buffer is not None:
            self._read(self._unbuffer())

    def _stop_reading(self) -> None:
        self._reading = False
        self._transport.pause_reading()

    # --- bytes out ----------------------------------------------------------------------------------------------------

    def send(self, packet: bytes) -> None:
        """Have `packet` written in this turn of the loop, together with all others."""
        out = self._out
        if not out:
            self.broker.outbox.add(self)
        out.append(packet)
        self._unsent += len(packet)
        if self._unsent > self._soft:
            self.congested = True

    def flush(self) -> None:
        """Write what `send` has gathered; called by the outbox."""
        if self.state is CLOSED:  # what was sent after the end is nobody's
            self._out.clear()
            return
        self._write_out()
        if self._write_paused:
            self._check_stuck()
        elif self.congested:
            self._relieve()

    def _write_out(self) -> None:
        out = self._out
        if out:
            data = out[0] if len(out) == 1 else b"".join(out)
            out.clear()
            self._unsent = 0
            self.broker.stats.bytes_out += len(data)
            self._transport.write(data)

    def pause_writing(self) -> None:
        self._write_paused = self.congested = True
        self.broker.stats.reached["write_soft"] += 1

    def resume_writing(self) -> None:
        self._write_paused = False
        self._count_stuck(0)
        self._relieve()

    def _check_stuck(self) -> None:
        """Cut a reader off for which too much waits, or that adds to too much that waits for all."""
        broker = self.broker
        self._count_stuck(self._transport.get_write_buffer_size())
        if self._stuck > broker.limits.write_hard:
            limit, reason = "write_hard", reasons.SLOW_READER
        elif broker.stats.buffered_bytes > broker.limits.buffer_bytes:
            limit, reason = "buffer_bytes", reasons.NO_ROOM
        else:
            return
        broker.stats.slow_readers += 1
        broker.stats.reached[limit] += 1
        self._end(reason, f"limit {limit}")
        self._transport.abort()

    def _count_stuck(self, size: int) -> None:
        self.broker.stats.buffered_bytes += size - self._stuck
        self._stuck = size

    def _relieve(self) -> None:
        self.congested = False
        if self.connected:
            self.session.drain()

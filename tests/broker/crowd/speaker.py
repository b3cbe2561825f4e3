"""The client's side of MQTT 3.1.1 for one client id, kept across its connections as section 4.1 and 4.4 demand.

It answers whatever comes, sends again what was not answered, knows a QoS 2 message by its packet id, and tells its
account everything. It judges only what concerns answers; what to do next is said by others.
"""

from __future__ import annotations

import asyncio
from collections import deque

from tests.broker import wire
from tests.broker.crowd.account import Account
from tests.broker.crowd.ledger import Ledger
from tests.broker.crowd.line import Line
from tests.broker.crowd.links import CUTTING
from tests.broker.crowd.plan import Connect, Step
from tests.broker.crowd.publication import Publication
from tests.broker.crowd.rules import PASSWORD, is_held, may_subscribe
from tests.broker.wire import Packet

PATIENCE_S = 60
"""For one answer amid the whole crowd; only a broker that does not answer at all takes so long."""


def packed(message: Publication, packet_id: int, dup: bool = False) -> bytes:
    """The PUBLISH packet of a message."""
    return wire.publish(
        message.topic, message.payload, qos=message.qos, retain=message.retain, dup=dup, packet_id=packet_id
    )


class Speaker:
    """One client id with its session's client side; `line` is its connection, None while it has none."""

    def __init__(self, name: str, ledger: Ledger, ports: dict[str, int], lazy: bool) -> None:
        self.name = name
        self.ledger = ledger
        self.account = Account(name, ledger)
        self.line: Line | None = None
        self.outgoing: dict[int, Publication] = {}
        """Published with QoS over 0 and not answered to the end, by packet id, in order of sending."""
        self._released: set[int] = set()  # those of them for which PUBREL was sent
        self._incoming: set[int] = set()  # QoS 2 received and not released: known by its packet id if it comes again
        self._ports = ports
        self._arriving: tuple[Line, asyncio.Future[bool]] | None = None
        self._asked: dict[int, tuple[str, int, asyncio.Future[bool]]] = {}  # SUBSCRIBE (QoS) and UNSUBSCRIBE (-1)
        self._pings: deque[tuple[int, int, asyncio.Future[bool]]] = deque()  # time, QoS 0 messages before it
        self._unproved: deque[Publication] = deque()  # QoS 0: no answer says that they have arrived
        self._lazy = lazy
        self._late: list[bytes] = []  # acknowledgements that a lazy member has not sent yet
        self._last_id = 0
        self._heard = asyncio.Event()  # something came or ended
        self._busy = 0  # PUBLISH, PUBREL and PUBREC that came

    # --- a connection begins and ends ---------------------------------------------------------------------------------

    async def connect(self, how: Connect) -> None:
        """Connect or take over; `line` is None afterwards if the link was cut before CONNACK."""
        line = Line(self._on_packet, self._on_lost, cuts=how.link == CUTTING)
        await line.open(self._ports[how.link], small=how.small)
        will = None
        if how.will is not None:
            will = self.ledger.publication(f"{self.name}~will", f"will/{self.name}", *how.will)
        time = self.account.arriving(how.clean, will, line.cuts)
        old = self.line
        if old is not None:
            old.excused = True
        answer = asyncio.get_running_loop().create_future()
        self._arriving = line, answer
        self._taking_over_since = time
        wired = (will.topic, will.payload, will.qos, will.retain) if will else None
        line.send(wire.connect(self.name, clean=how.clean, will=wired, username="crowd", password=PASSWORD))
        await self._answered(answer, "CONNACK")

    def _accepted(self, line: Line, packet: Packet, answer: asyncio.Future[bool]) -> None:
        self._arriving = None
        if packet.first != 0x20 or packet.body[1:] != b"\0":
            self.ledger.problem(self.name, f"was answered {packet} to CONNECT")
        if self.line is not None:
            old = self.line
            self._end(self._taking_over_since, True)
            old.abort()
        if not self.account.accepted(packet.body[:1] == b"\1", line.cuts):
            self._forget()
        self.line = line
        for packet_id, publication in self.outgoing.items():
            if packet_id in self._released:
                line.send(wire.pubrel(packet_id))
            else:
                self.ledger.sent(publication, 0)
                line.send(packed(publication, packet_id, dup=True))
        answer.set_result(True)

    def _forget(self) -> None:
        """There is no session any more: the client's side of it is over too (4.1)."""
        for publication in self.outgoing.values():
            self.ledger.settle(publication, False)
        self.outgoing.clear()
        self._released.clear()
        self._incoming.clear()

    def _end(self, time: int, will_due: bool | None) -> None:
        """The connection is over for the member, from `time` on."""
        if self.line is None:
            return
        self.line = None
        self.account.ended(time, will_due)
        for publication in self._unproved:
            self.account.hang(publication, will_due is False and not is_held(publication.topic))
        self._unproved.clear()
        self._late.clear()
        waiting = [answer for *_, answer in (*self._asked.values(), *self._pings)]
        self._asked.clear()
        self._pings.clear()
        for answer in waiting:
            if not answer.done():
                answer.set_result(False)
        self._heard.set()

    def _on_lost(self, line: Line) -> None:
        if self._arriving is not None and line is self._arriving[0]:
            answer = self._arriving[1]
            self._arriving = None
            self.account.lost_arriving()
            if not line.cuts:
                self.ledger.problem(self.name, "was closed before CONNACK")
            answer.set_result(False)
        elif line is self.line and self._arriving is None and not line.excused:
            if not line.cuts:
                self.ledger.problem(self.name, "was closed by the broker without a reason")
            self._end(self.ledger.note(self.name, "is cut"), True)

    # --- what comes ---------------------------------------------------------------------------------------------------

    def _on_packet(self, line: Line, packet: Packet) -> None:
        if self._arriving is not None and line is self._arriving[0]:
            self._accepted(line, packet, self._arriving[1])
        elif line is self.line:
            handler = HANDLERS.get(packet.first >> 4)
            if handler is None:
                self.ledger.problem(self.name, f"was sent {packet}")
            else:
                handler(self, packet)
            self._heard.set()

    def _on_publish(self, packet: Packet) -> None:
        qos, dup = packet.first >> 1 & 3, bool(packet.first & 8)
        packet_id = packet.packet_id if qos else 0
        life = self.account.life
        assert life is not None
        self._busy += 1
        if dup and len(life.stays) == 1:
            self.ledger.problem(self.name, f"was sent {packet_id} with DUP, and nothing before")
        if qos == 2 and packet_id in self._incoming:
            if not dup:
                self.ledger.problem(self.name, f"was sent {packet_id} at QoS 2 again, without DUP")
        else:
            self.ledger.received(life, packet.topic, packet.payload, qos, dup, bool(packet.first & 1))
        if qos == 1:
            self._acknowledge(wire.puback(packet_id))
        elif qos == 2:
            self._incoming.add(packet_id)
            self._acknowledge(wire.pubrec(packet_id))

    def _on_pubrel(self, packet: Packet) -> None:
        self._busy += 1
        self._incoming.discard(packet.packet_id)
        self._acknowledge(wire.pubcomp(packet.packet_id))

    def _on_puback(self, packet: Packet) -> None:
        self._expect_first(packet.packet_id, 1, "PUBACK")
        self._settled(packet.packet_id)

    def _on_pubrec(self, packet: Packet) -> None:
        self._busy += 1
        self._expect_first(packet.packet_id, 2, "PUBREC")
        self._released.add(packet.packet_id)
        assert self.line is not None
        self.line.send(wire.pubrel(packet.packet_id))

    def _on_pubcomp(self, packet: Packet) -> None:
        if packet.packet_id not in self._released:
            self.ledger.problem(self.name, f"was sent PUBCOMP {packet.packet_id} and waits for none")
        self._released.discard(packet.packet_id)
        self._settled(packet.packet_id)

    def _expect_first(self, packet_id: int, qos: int, kind: str) -> None:
        """Acknowledgements come in the order of what they acknowledge (4.6.0-2, 4.6.0-3)."""
        waiting = (i for i, p in self.outgoing.items() if p.qos == qos and i not in self._released)
        if (first := next(waiting, None)) != packet_id:
            self.ledger.problem(self.name, f"was sent {kind} {packet_id}, and waits for that of {first} first")

    def _settled(self, packet_id: int) -> None:
        publication = self.outgoing.pop(packet_id, None)
        if publication is not None:
            self.ledger.note(self.name, "is answered for", publication)
            self.ledger.settle(publication, True)

    def _on_suback(self, packet: Packet) -> None:
        topic_filter, qos, answer = self._asked.pop(packet.packet_id, ("", 0, None))
        if answer is None or qos < 0:
            self.ledger.problem(self.name, f"was sent a SUBACK that it did not ask for: {packet}")
            return
        wanted = qos if may_subscribe(self.name, topic_filter) else 0x80
        if packet.body[2:] != bytes([wanted]):
            self.ledger.problem(self.name, f"got {packet.body[2:]!r} for {topic_filter}, not {wanted}")
        life = self.account.life
        assert life is not None
        if wanted != 0x80:
            life.subscribed(self.ledger.note(self.name, "is subscribed to", topic_filter, qos), topic_filter, qos)
        answer.set_result(True)

    def _on_unsuback(self, packet: Packet) -> None:
        topic_filter, qos, answer = self._asked.pop(packet.packet_id, ("", 0, None))
        if answer is None or qos >= 0:
            self.ledger.problem(self.name, f"was sent an UNSUBACK that it did not ask for: {packet}")
            return
        life = self.account.life
        assert life is not None
        life.unsubscribed(self.ledger.note(self.name, "is not subscribed to", topic_filter), topic_filter)
        answer.set_result(True)

    def _on_pingresp(self, packet: Packet) -> None:
        if not self._pings:
            self.ledger.problem(self.name, "was sent a PINGRESP that it did not ask for")
            return
        time, before, answer = self._pings.popleft()
        self.account.proved(time)
        for _ in range(before):
            publication = self._unproved.popleft()
            self.ledger.settle(publication, not is_held(publication.topic))
        self._pings = deque((when, count - before, future) for when, count, future in self._pings)
        answer.set_result(True)

    # --- what goes out ------------------------------------------------------------------------------------------------

    async def ping(self, step: Step | None = None) -> bool:
        """Have the broker answer; False: the connection ended first."""
        if self.line is None:
            return False
        answer = asyncio.get_running_loop().create_future()
        self._pings.append((self.ledger.note(self.name, "pings"), len(self._unproved), answer))
        self.line.send(wire.PINGREQ)
        return await self._answered(answer, "PINGRESP")

    async def leave(self, step: Step | None = None) -> None:
        """Say DISCONNECT and wait for the broker to close (3.14.4)."""
        line = self.line
        if line is None:
            return
        line.resume()
        time = self.ledger.note(self.name, "disconnects")
        line.excused = True
        line.send(wire.DISCONNECT)
        await self._closed(line, "to close after DISCONNECT")
        self._end(time, None if line.cuts else False)

    def _acknowledge(self, packet: bytes) -> None:
        if self._lazy:
            self._late.append(packet)
        elif self.line is not None:
            self.line.send(packet)

    def _acknowledge_late(self) -> None:
        if self._late and self.line is not None:
            self.line.send(b"".join(self._late))
            self._late.clear()

    async def _ask(self, topic_filter: str, qos: int, wait: bool) -> None:
        """SUBSCRIBE or, with QoS -1, UNSUBSCRIBE."""
        for name, _, earlier in list(self._asked.values()):
            if name == topic_filter:
                await self._answered(earlier, "SUBACK or UNSUBACK")
        line, life = self.line, self.account.life
        if line is None or life is None:
            return
        answer = asyncio.get_running_loop().create_future()
        packet_id = self._new_id()
        self._asked[packet_id] = topic_filter, qos, answer
        if qos < 0:
            life.unsubscribing(self.ledger.note(self.name, "unsubscribes from", topic_filter), topic_filter)
            line.send(wire.unsubscribe(topic_filter, packet_id=packet_id))
        else:
            time = self.ledger.note(self.name, "subscribes to", topic_filter, qos)
            if may_subscribe(self.name, topic_filter):
                life.subscribing(time, topic_filter, qos)
            line.send(wire.subscribe((topic_filter, qos), packet_id=packet_id))
        if wait:
            await self._answered(answer, "UNSUBACK" if qos < 0 else "SUBACK")

    def _new_id(self) -> int:
        packet_id = self._last_id % 65534 + 1
        while packet_id in self.outgoing or packet_id in self._asked:
            packet_id = packet_id % 65534 + 1
        self._last_id = packet_id
        return packet_id

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def _answered(self, answer: asyncio.Future[bool], what: str) -> bool:
        try:
            return await asyncio.wait_for(answer, PATIENCE_S)
        except TimeoutError:
            self.ledger.problem(self.name, f"waits for {what} in vain")
            raise

    async def _closed(self, line: Line, what: str) -> None:
        await self._answered(line.closed, what)

    async def _hear(self) -> None:
        """Wait until something came."""
        self._heard.clear()
        async with asyncio.timeout(PATIENCE_S):
            await self._heard.wait()


HANDLERS = {
    3: Speaker._on_publish,
    4: Speaker._on_puback,
    5: Speaker._on_pubrec,
    6: Speaker._on_pubrel,
    7: Speaker._on_pubcomp,
    9: Speaker._on_suback,
    11: Speaker._on_unsuback,
    13: Speaker._on_pingresp,
}

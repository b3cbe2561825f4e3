"""A client of the crowd that keeps to MQTT 3.1.1 until it vanishes: it carries out the steps of its script.

Whatever the script does, the connection may end at any await; a step that finds none has nothing to do.
"""

from __future__ import annotations

import asyncio

from tests.broker import wire
from tests.broker.crowd.links import PERFECT
from tests.broker.crowd.plan import Connect, Step
from tests.broker.crowd.speaker import Speaker, packed

WINDOW = 20
"""Messages a member has unanswered at most."""

GARBAGE = (b"\x00\x00", b"\x36\x05\x00\x01a\x00\x01", b"\x60\x02\x00\x01", b"\x82\x02\x00\x01", b"\x30\x05\x00\x03a/+")
"""Packets that no client may send: type 0, QoS 3, a PUBREL without its flag, no filter, a wildcard to publish to."""


class Member(Speaker):
    """One of the crowd."""

    # --- the script ---------------------------------------------------------------------------------------------------

    async def run(self, steps: list[Step]) -> None:
        link = None  # after a link that was cut before CONNACK comes one that holds
        for step in steps:
            if self.line is None:
                await self.connect(step.connect._replace(link=link or step.connect.link))
                link = PERFECT if self.line is None else None
            if self.line is not None:
                await getattr(self, step.verb)(step)
            self._acknowledge_late()
            for _ in range(step.turns):
                await asyncio.sleep(0)

    async def publish(self, step: Step) -> None:
        while self.line is not None and len(self.outgoing) >= WINDOW:
            self._acknowledge_late()
            await self._hear()
        line = self.line
        if line is None:
            return
        publication = self.ledger.publication(self.name, step.topic, step.qos, step.retain, step.size)
        time = self.ledger.note(self.name, "publishes", publication)
        self.ledger.sent(publication, time)
        packet_id = self._new_id() if step.qos else 0
        if step.qos:
            self.outgoing[packet_id] = publication
        else:
            self._unproved.append(publication)
        line.send(packed(publication, packet_id))

    async def subscribe(self, step: Step) -> None:
        await self._ask(step.topic, step.qos, step.flag)

    async def unsubscribe(self, step: Step) -> None:
        life = self.account.life
        assert life is not None
        known = sorted(life.subscriptions)
        await self._ask(known[step.size % len(known)] if known else step.topic, -1, step.flag)

    async def vanish(self, step: Step) -> None:
        line = self.line
        assert line is not None
        if step.flag:  # amid a packet
            line.send(wire.publish("talk/0", bytes(100), qos=1, packet_id=65535)[:40])
            await asyncio.sleep(0)
            if line is not self.line:
                return
        self._end(self.ledger.note(self.name, "vanishes"), True)
        line.abort(reset=step.size > 1)

    async def take_over(self, step: Step) -> None:
        """Connect a second time while the first connection is there, over a link that holds; or having read nothing for
        a while, so that something is on its way over the first."""
        line = self.line
        if step.flag and line is not None:
            await self._read_nothing(50)
            if self.line is None:  # it was ended meanwhile, which only a reader finds out
                line.resume()
        await self.connect(step.connect._replace(link=PERFECT))

    async def misbehave(self, step: Step) -> None:
        line = self.line
        assert line is not None
        time = self.ledger.note(self.name, "sends garbage")
        self.account.ending(time)
        line.excused = True
        line.send(GARBAGE[step.turns % len(GARBAGE)])
        await self._closed(line, "to close after garbage")
        self._end(time, True)

    async def stall(self, step: Step) -> None:
        """Be slow: read nothing for a while, then go on."""
        line = self.line
        assert line is not None
        await self._read_nothing(20 * step.turns)
        line.resume()

    async def _read_nothing(self, turns: int) -> None:
        assert self.line is not None
        self.account.stalled()
        self.line.pause()
        for _ in range(turns):
            await asyncio.sleep(0)

    async def rest(self, step: Step) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    def kicked(self) -> bool:
        """The application is about to end the connection; False: not now, something else is ending it."""
        if self.line is None or self.line.excused or self._arriving is not None:
            return False
        self.line.excused = True
        self._end(self.ledger.note(self.name, "is shown the door"), True)
        return True

    # --- the end ------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Be connected over a link that holds, and wait until everything published is answered."""
        self._lazy = False
        self._acknowledge_late()
        if self.line is None or self.line.cuts:
            if self.line is not None:
                await self.leave()
            await self.connect(Connect(False, PERFECT, None, False))
        while self.outgoing:
            await self._hear()
        await self.ping()

    async def drain(self) -> None:
        """Wait until the broker has nothing more to send: two rounds without anything."""
        quiet = 0
        while quiet < 2 and self.line is not None:
            before = self._busy
            await self.ping()
            quiet = quiet + 1 if self._busy == before else 0
        if self._incoming:
            self.ledger.problem(self.name, f"waits for the PUBREL of {self._incoming}")

    async def forget(self) -> None:
        """Leave, and leave no session behind."""
        await self.leave()
        await self.connect(Connect(True, PERFECT, None, False))
        await self.leave()

"""One round of the crowd against a broker: all of it at once, then quiet, then the reckoning, then nobody.

`hold` returns the ledger; whoever calls it says what is to be made of its problems.
"""

from __future__ import annotations

import asyncio
from random import Random

from henge_mqtt import Broker

from tests.broker import wire
from tests.broker.crowd.application import Application
from tests.broker.crowd.foreigner import Foreigner
from tests.broker.crowd.ledger import Ledger
from tests.broker.crowd.links import LINKS, PERFECT, Proxy
from tests.broker.crowd.member import Member
from tests.broker.crowd.plan import script
from tests.broker.crowd.rules import PASSWORD, Rules
from tests.broker.crowd.strangers import intrude
from tests.broker.wire import Wire

AUDITORS = 2
STRANGERS = 20


class Gathering:
    """`size` clients, one in twelve of them foreign, each of which does `steps` things."""

    def __init__(self, broker: Broker, rules: Rules, port: int, seed: int, size: int, steps: int) -> None:
        self._broker = broker
        self._rules = rules
        self._port = port
        self._seed = seed
        self._size = size
        self._steps = steps
        self.ledger = Ledger()

    async def hold(self) -> Ledger:
        """Everything from the first to arrive to the last to leave."""
        proxies = {kind: Proxy(kind, self._port, Random(f"{self._seed} {kind}")) for kind in LINKS if kind != PERFECT}
        ports = {PERFECT: self._port} | {kind: await proxy.open() for kind, proxy in proxies.items()}
        members, foreigners = self._invite(ports)
        dropped = self._broker.stats.dropped
        await self._meet(members, foreigners)
        await self._check_retained()
        self.ledger.close()
        if self.ledger.missed > self._broker.stats.dropped - dropped:
            self.ledger.problem("all", f"{self.ledger.missed} messages with QoS 0 did not come, fewer were dropped")
        await self._leave(proxies, [*members, *foreigners])
        return self.ledger

    async def _meet(self, members: list[Member], foreigners: list[Foreigner]) -> None:
        """Everything that is planned, then quiet: all connected, all answered, all received."""
        application = Application(self._broker, self._rules, self.ledger, members, self._seed)
        done = asyncio.Event()
        guests = [*members, *foreigners]
        async with asyncio.TaskGroup() as always:
            always.create_task(application.run(self._size * self._steps // 6, done), name="application")
            async with asyncio.TaskGroup() as group:
                for guest in guests:
                    group.create_task(guest.run(script(guest.name, self._seed, self._steps)), name=guest.name)
                for number in range(STRANGERS):
                    group.create_task(intrude(self._port, self._seed, number, self._steps), name=f"stranger {number}")
            await asyncio.gather(*[guest.settle() for guest in guests])
            done.set()
        await asyncio.gather(*[guest.drain() for guest in guests])

    def _invite(self, ports: dict[str, int]) -> tuple[list[Member], list[Foreigner]]:
        foreign = [f"paho-{number}" for number in range(self._size // 12)]
        names = [f"auditor-{number}" for number in range(AUDITORS)]
        names += [f"guest-{number}" for number in range(self._size - AUDITORS - len(foreign))]
        members = [Member(name, self.ledger, ports, lazy=name.endswith("5")) for name in names]
        return members, [Foreigner(name, self.ledger, ports) for name in foreign]

    async def _check_retained(self) -> None:
        """A newcomer gets what was published last."""
        newcomer = await Wire.open(self._port)
        await newcomer.ask(wire.connect("auditor-last", username="crowd", password=PASSWORD))
        await newcomer.ask(wire.subscribe(("#", 0)))
        found: dict[str, bytes] = {}
        while came := await newcomer.until_pong():  # a PINGRESP overtakes what waits because the socket is full
            found |= {packet.topic: packet.payload for packet in came}
        for topic, expected in self.ledger.expected():
            if found.pop(topic, b"") not in expected:
                self.ledger.problem("auditor-last", f"retained on {topic}: not one of {expected}")
        if found:
            self.ledger.problem("auditor-last", f"retained, and nobody has published it so: {found}")
        newcomer.send(wire.DISCONNECT)
        await newcomer.until_closed()
        await newcomer.close()

    async def _leave(self, proxies: dict[str, Proxy], guests: list[Member | Foreigner]) -> None:
        """Nobody and nothing stays."""
        await asyncio.gather(*[guest.forget() for guest in guests])
        for topic in self.ledger.owned:
            self._broker.publish(topic, b"", retain=True)
        for proxy in proxies.values():
            await proxy.close()
        while self._broker.stats.connections:  # noqa: ASYNC110 - the broker has no event for it
            await asyncio.sleep(0.001)

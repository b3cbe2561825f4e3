"""The program around the broker: it publishes, acknowledges in no order what it held, ends connections now and then."""

from __future__ import annotations

import asyncio
from random import Random

from henge_mqtt import Broker

from tests.broker.crowd.ledger import Ledger
from tests.broker.crowd.member import Member
from tests.broker.crowd.plan import ROOMS
from tests.broker.crowd.rules import Rules

NAME = "application"
BIG = 8192
"""Bytes of a message on `big/...`: a few of them fill what a slow reader's socket holds."""


class Application:
    """Acts every few turns of the event loop until it is told to finish."""

    def __init__(self, broker: Broker, rules: Rules, ledger: Ledger, members: list[Member], seed: int) -> None:
        self._broker = broker
        self._rules = rules
        self._ledger = ledger
        self._members = members
        self._rng = Random(f"{seed} {NAME}")

    async def run(self, steps: int, done: asyncio.Event) -> None:
        """Act `steps` times; then only acknowledge, until `done` and nothing is held any more."""
        for _ in range(steps):
            self._act(self._rng.random())
            for _ in range(self._rng.randrange(8)):
                await asyncio.sleep(0)
        while not done.is_set() or self._rules.held:
            self._acknowledge_one()
            await asyncio.sleep(0)

    def _act(self, choice: float) -> None:
        rng = self._rng
        if choice < 0.35:
            self._publish(f"talk/{rng.randrange(ROOMS)}", rng.randrange(3))
        elif choice < 0.45:
            self._publish(f"secret/{rng.choice(self._members).name}", rng.randrange(3))
        elif choice < 0.50:
            self._publish("keep/application", 1, retain=True, size=rng.choice((0, 1, 300)))
        elif choice < 0.53:
            for _ in range(10):
                self._publish("big/0", rng.randrange(3), size=BIG)
        elif choice < 0.96:
            self._acknowledge_one()
        else:
            self._disconnect(rng.choice(self._members))

    def _publish(self, topic: str, qos: int, retain: bool = False, size: int = 1) -> None:
        publication = self._ledger.publication(NAME, topic, qos, retain, size)
        self._ledger.sent(publication, self._ledger.note(NAME, "publishes", publication))
        self._broker.publish(topic, publication.payload, qos=qos, retain=retain)
        self._ledger.settle(publication, True)

    def _acknowledge_one(self) -> None:
        held = self._rules.held
        if held:
            place = self._rng.randrange(len(held))
            held[place], held[-1] = held[-1], held[place]
            held.pop().ack()

    def _disconnect(self, member: Member) -> None:
        if member.name in self._broker.clients and member.kicked():
            self._broker.disconnect(member.name, "shown the door")

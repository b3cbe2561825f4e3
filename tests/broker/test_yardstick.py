"""Whatever is legal gets the same answers from us as from mosquitto: a client of each hears the same, step by step.

Two things are left out of the conversations, because the standard lets brokers differ in them: filters that overlap,
and a QoS 2 message whose PUBREL is late (mosquitto routes it at the PUBREL, we do at the PUBLISH).
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from henge_mqtt import Broker
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.broker import wire
from tests.broker.fuzz import LONG, QUICK
from tests.broker.wire import Packet, Wire

TOPICS = st.sampled_from(["a", "b/x", "b/y", "c", "c/y/z"])
FILTERS = st.lists(st.tuples(st.sampled_from(["a", "b/+", "c/#"]), st.integers(0, 2)), min_size=1, max_size=3)
PUBLISH = st.tuples(
    st.just("publish"), TOPICS, st.sampled_from([b"", b"1", b"2"]), st.integers(0, 2), st.booleans(), st.booleans()
)
SUBSCRIBE = st.tuples(st.just("subscribe"), FILTERS)
ACKNOWLEDGE = st.tuples(st.just("acknowledge"), st.sampled_from(["nothing", "all but PUBREL", "everything"]))
CONNECT = st.tuples(st.just("connect"), st.sampled_from([False, False, False, True]), st.booleans())
UNSUBSCRIBE = st.tuples(st.just("unsubscribe"), FILTERS)
ROUND = st.tuples(st.lists(PUBLISH, min_size=1, max_size=3), st.one_of(SUBSCRIBE, ACKNOWLEDGE, CONNECT, UNSUBSCRIBE))
CONVERSATIONS = st.tuples(CONNECT, SUBSCRIBE, ACKNOWLEDGE, st.lists(ROUND, min_size=3, max_size=8)).map(
    lambda parts: [*parts[:3], *itertools.chain.from_iterable([*published, other] for published, other in parts[3])]
)

numbers = itertools.count()  # names of its own for each conversation: mosquitto has heard the others


class Speaker:
    """One client that has the same said to it as another one, to another broker."""

    def __init__(self, port: int, name: str) -> None:
        self._port = port
        self._name = name
        self._acknowledges = "everything"

    async def connect(self, clean: bool) -> list[tuple[Any, ...]]:
        self._wire = await Wire.open(self._port)
        return [await self._wire.ask(wire.connect(self._name, clean=clean)), *await self._hear()]

    async def do(self, what: str, *details: Any) -> list[tuple[Any, ...]]:
        """Do one thing; what is heard because of it, in the order of each topic."""
        match what:
            case "connect":
                before = self._wire
                if details[1]:  # it takes its leave, or else is taken over
                    before.send(wire.DISCONNECT)
                    await before.until_closed()
                heard = await self.connect(details[0])
                await before.close()
                return heard
            case "acknowledge":
                self._acknowledges = details[0]
            case _:
                self._wire.send(said(self._name, what, *details))
        return await self._hear()

    async def _hear(self) -> list[tuple[Any, ...]]:
        """All that comes."""
        heard: list[Packet] = []
        while came := await self._wire.until_pong():
            heard += came
            self._wire.send(*[acknowledgement(packet, self._acknowledges) for packet in came])
        return sorted(map(told, heard), key=lambda item: (item[0] >> 4, str(item[1]) if item[0] >> 4 == 3 else ""))

    async def close(self) -> None:
        await self._wire.close()


def said(name: str, what: str, *details: Any) -> bytes:
    """The packet for a step, on topics of this client alone."""
    if what == "publish":
        topic, payload, qos, retain, dup = details
        packet = wire.publish(f"{name}/{topic}", payload, qos=qos, retain=retain, dup=dup and qos > 0, packet_id=7)
        return packet + (wire.pubrel(7) if qos == 2 else b"")
    filters = [(f"{name}/{topic_filter}", qos) for topic_filter, qos in details[0]]
    if what == "subscribe":
        return wire.subscribe(*filters, packet_id=8)
    return wire.unsubscribe(*[topic_filter for topic_filter, _ in filters], packet_id=9)


def told(packet: Packet) -> tuple[Any, ...]:
    """A packet without an id that its sender chose: retained messages take theirs in any order of topics."""
    if packet.first >> 4 == 3:
        return packet.first, packet.topic, packet.payload
    return (packet.first,) if packet.first == 0x62 else (*packet,)


def acknowledgement(packet: Packet, what: str) -> bytes:
    """What a client that acknowledges `what` says to a packet."""
    match packet.first & 0xF6:
        case 0x32 if what != "nothing":
            return wire.puback(packet.packet_id)
        case 0x34 if what != "nothing":
            return wire.pubrec(packet.packet_id)
        case 0x62 if what == "everything":
            return wire.pubcomp(packet.packet_id)
    return b""


async def converse(mosquitto_port: int, steps: list[tuple[Any, ...]]) -> None:
    broker = Broker()
    ours = (await broker.listen("127.0.0.1", 0)).port
    name = f"speaker-{next(numbers)}"
    one, other = Speaker(ours, name), Speaker(mosquitto_port, name)
    assert await one.connect(True) == await other.connect(True)
    try:
        for step in steps:
            assert await one.do(*step) == await other.do(*step), step
    finally:
        await one.close()
        await other.close()
        await broker.close()


@QUICK
@given(CONVERSATIONS)
def test_mosquitto_says_the_same(mosquitto_port: int, steps: list[tuple[Any, ...]]):
    asyncio.run(converse(mosquitto_port, steps))


@pytest.mark.slow
@settings(LONG, max_examples=1000)
@given(CONVERSATIONS)
def test_mosquitto_says_the_same_in_a_long_run(mosquitto_port: int, steps: list[tuple[Any, ...]]):
    asyncio.run(converse(mosquitto_port, steps))

"""Many clients at once."""

import asyncio

from tests.broker import wire
from tests.broker.conftest import House

CROWD = 500


async def test_all_are_served_when_they_connect_at_once(house: House):
    for number in range(CROWD):
        house.broker.publish(f"desired/{number}", b"%d" % number, retain=True)

    async def arrive(number: int) -> bytes:
        client = await house.open()
        client.send(wire.connect(f"lamp-{number}"), wire.subscribe((f"desired/{number}", 1)))
        answers = [await client.read() for _ in range(3)]
        assert [answer.first for answer in answers] == [0x20, 0x90, 0x33]
        client.send(wire.puback(answers[2].packet_id))
        return answers[2].payload

    assert await asyncio.gather(*map(arrive, range(CROWD))) == [b"%d" % n for n in range(CROWD)]
    assert house.broker.stats.connections == len(house.broker.clients) == CROWD


async def test_nothing_is_left_when_they_all_vanish(house: House):
    clients = await asyncio.gather(*[house.client(f"c{n}", (f"a/{n}", 1), ("all/+", 1)) for n in range(100)])
    assert house.broker.publish("all/x", b"") == 100
    await asyncio.gather(*[client.close() for client in clients])
    await house.until(lambda: house.broker.stats.connections == 0)
    stats = house.broker.stats
    assert stats.sessions == stats.subscriptions == len(house.broker.clients) == 0
    assert stats.connects == stats.disconnects == 100
    assert len(house.hooks.presence) == 200


async def test_id_that_everybody_wants_has_one_owner(house: House):
    clients = await asyncio.gather(*[house.open() for _ in range(50)])
    for client in clients:
        client.send(wire.connect("lamp", clean=False), wire.PINGREQ)
    await house.until(lambda: house.broker.stats.takeovers == 49)
    assert len(house.broker.clients) == house.broker.stats.sessions == 1
    told = [online for _, online, _ in house.hooks.presence]
    assert told == [True, False] * 49 + [True]

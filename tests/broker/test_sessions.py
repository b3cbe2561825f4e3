"""Persistent sessions: what is kept for a client that is away, and what is not."""

import pytest
from henge_mqtt.limits import MESSAGE_BYTES

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse
from tests.broker.wire import Wire


async def leave(house: House, client: Wire) -> None:
    client.send(wire.DISCONNECT)
    await client.until_closed()


async def come_back(house: House, client_id: str = "c") -> Wire:
    client = await house.open()
    assert await client.ask(wire.connect(client_id, clean=False)) == (0x20, b"\x01\x00")
    return client


@pytest.mark.spec("2.3.1-4", "3.1.2-4", "3.1.2-5", "3.2.2-2", "3.3.1-1", "4.3.2-1", "4.4.0-1", "4.6.0-1")
async def test_unacknowledged_come_again_in_order_with_dup_then_what_was_queued(open_house: OpenHouse):
    house = await open_house(inflight=3)
    client = await house.client("c", ("a", 1), clean=False)
    for number in range(1, 6):
        house.broker.publish("a", b"%d" % number)
    sent = await client.until_pong()
    client.send(wire.puback(sent[1].packet_id))
    await client.until_pong()
    await leave(house, client)
    house.broker.publish("a", b"6")
    again = await come_back(house)
    got = await again.until_pong()
    assert [(packet.first, packet.payload) for packet in got] == [(0x3A, b"1"), (0x3A, b"3"), (0x3A, b"4")]
    assert [packet.packet_id for packet in got[:2]] == [sent[0].packet_id, sent[2].packet_id]
    again.send(*[wire.puback(packet.packet_id) for packet in got])
    assert [(packet.first, packet.payload) for packet in await again.until_pong()] == [(0x32, b"5"), (0x32, b"6")]


@pytest.mark.spec("3.1.2-5", "4.5.0-1")
async def test_qos_0_is_not_kept_for_a_client_that_is_away(house: House):
    await leave(house, await house.client("c", ("a", 1), ("b", 0), clean=False))
    house.broker.publish("a", b"zero", qos=0)
    house.broker.publish("b", b"zero by subscription")
    house.broker.publish("a", b"one")
    assert [packet.payload for packet in await (await come_back(house)).until_pong()] == [b"one"]


@pytest.mark.limit("queue_messages")
async def test_oldest_is_dropped_when_the_queue_is_full(open_house: OpenHouse):
    house = await open_house(queue_messages=3)
    await leave(house, await house.client("c", ("a", 1), clean=False))
    for number in range(5):
        house.broker.publish("a", b"%d" % number)
    assert [packet.payload for packet in await (await come_back(house)).until_pong()] == [b"2", b"3", b"4"]
    assert house.broker.stats.dropped == 2


@pytest.mark.limit("queue_bytes")
async def test_oldest_are_dropped_when_the_queue_has_too_many_bytes(open_house: OpenHouse):
    house = await open_house(queue_bytes=2 * MESSAGE_BYTES + 250)
    await leave(house, await house.client("c", ("a", 1), clean=False))
    for number in range(5):
        house.broker.publish("a", b"%d" % number * 100)
    assert [packet.payload[:1] for packet in await (await come_back(house)).until_pong()] == [b"3", b"4"]


@pytest.mark.limit("inflight")
async def test_window_bounds_what_is_in_flight(open_house: OpenHouse):
    house = await open_house(inflight=2)
    client = await house.client("c", ("a", 1))
    for number in range(5):
        house.broker.publish("a", b"%d" % number)
    got = await client.until_pong()
    assert [packet.payload for packet in got] == [b"0", b"1"]
    client.send(wire.puback(got[0].packet_id), wire.puback(999))
    assert [packet.payload for packet in await client.until_pong()] == [b"2"]


@pytest.mark.spec("3.1.2-6", "3.1.4-3", "3.2.2-1", "3.2.2-3")
async def test_clean_session_forgets(house: House):
    await leave(house, await house.client("c", ("a", 1), clean=False))
    client = await house.open()
    assert await client.ask(wire.connect("c")) == (0x20, b"\x00\x00")
    await leave(house, client)
    assert house.broker.publish("a", b"x") == 0
    client = await house.open()
    assert await client.ask(wire.connect("c", clean=False)) == (0x20, b"\x00\x00")
    assert house.broker.stats.sessions == 1


@pytest.mark.limit("sessions")
async def test_longest_gone_is_forgotten_when_there_are_too_many(open_house: OpenHouse):
    house = await open_house(sessions=2)
    for name in "xyz":
        await leave(house, await house.client(name, ("a", 1), clean=False))
    assert house.broker.publish("a", b"x") == 2
    await come_back(house, "y")
    client = await house.open()
    assert await client.ask(wire.connect("x", clean=False)) == (0x20, b"\x00\x00")


@pytest.mark.spec("3.1.3-2")
async def test_belongs_to_its_client_id(house: House):
    await leave(house, await house.client("c", ("a", 1), clean=False))
    await leave(house, await house.client("C", ("b", 1), clean=False))
    house.broker.publish("a", b"for c")
    assert await (await come_back(house, "C")).until_pong() == []
    assert [packet.payload for packet in await (await come_back(house, "c")).until_pong()] == [b"for c"]


@pytest.mark.spec("4.1.0-2")
async def test_is_never_forgotten_while_connected(open_house: OpenHouse):
    house = await open_house(sessions=1)
    clients = [await house.client(name, ("a", 1), clean=False) for name in "abc"]
    await leave(house, clients.pop())
    assert house.broker.publish("a", b"x") == 3
    assert [[got.payload for got in await client.until_pong()] for client in clients] == [[b"x"], [b"x"]]


@pytest.mark.spec("2.3.1-4", "4.3.2-1")
async def test_packet_id_in_flight_is_not_given_again(house: House):
    client = await house.client("c", ("a", 1))
    house.broker.publish("a", b"unacknowledged")
    first = await client.read()
    for _ in range(65535 // 15):
        for _ in range(15):
            house.broker.publish("a", b"")
        ids = [(await client.read()).packet_id for _ in range(15)]
        assert first.packet_id not in ids
        client.send(b"".join(map(wire.puback, ids)))
        await client.until_pong()
    house.broker.publish("a", b"")
    assert (await client.read()).packet_id == first.packet_id + 2  # once around, and past it

"""QoS 2 (MQTT 3.1.1, 4.3.3): each message once, in both directions, whatever is sent again."""

import pytest
from henge_mqtt import HOLD, Client, Received

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder
from tests.broker.wire import Wire


class Holder(Recorder):
    """Holds everything."""

    def on_message(self, client: Client, message: Received) -> bool | None:
        self.messages.append(message)
        return HOLD


async def vanish(house: House, client: Wire) -> None:
    gone = house.broker.stats.disconnects
    await client.close()
    await house.until(lambda: house.broker.stats.disconnects > gone)


async def come_back(house: House, client_id: str = "c") -> Wire:
    client = await house.open()
    assert await client.ask(wire.connect(client_id, clean=False)) == (0x20, b"\x01\x00")
    return client


async def receiver(house: House) -> Wire:
    """A persistent client with a QoS 2 message `x` under way to it, packet id 1."""
    client = await house.client("c", ("a", 2), clean=False)
    house.broker.publish("a", b"x", qos=2)
    got = await client.read()
    assert (got.first, got.packet_id, got.payload) == (0x34, 1, b"x")
    return client


@pytest.mark.spec("2.3.1-6", "3.3.4-1", "3.8.4-6", "4.3.3-2")
async def test_published_goes_to_all_with_the_lower_qos(house: House):
    reader = await house.client("reader", ("a", 2), ("b", 1))
    writer = await house.client("writer")
    assert await writer.ask(wire.publish("a", b"x", qos=2, packet_id=9)) == (0x50, b"\x00\x09")
    assert await writer.ask(wire.pubrel(9)) == (0x70, b"\x00\x09")
    await writer.ask(wire.publish("b", b"y", qos=2, packet_id=9))
    assert [(got.first, got.payload) for got in await reader.until_pong()] == [(0x34, b"x"), (0x32, b"y")]


@pytest.mark.spec("4.3.3-2")
async def test_published_again_before_its_pubrel_is_the_same_message(house: House):
    reader = await house.client("reader", ("a", 2))
    writer = await house.client("writer")
    writer.send(wire.publish("a", b"x", qos=2), wire.publish("a", b"x", qos=2, dup=True), wire.pubrel(1))
    writer.send(wire.publish("a", b"x", qos=2))
    assert [got.first for got in await writer.until_pong()] == [0x50, 0x50, 0x70, 0x50]
    assert [got.payload for got in await reader.until_pong()] == [b"x", b"x"]


@pytest.mark.spec("4.1.0-1", "4.3.3-2")
async def test_published_again_after_a_reconnect_is_the_same_message(house: House):
    writer = await house.client("c", clean=False)
    await writer.ask(wire.publish("a", b"x", qos=2))
    await vanish(house, writer)
    writer = await come_back(house)
    assert (await writer.ask(wire.publish("a", b"x", qos=2, dup=True))).first == 0x50
    assert (await writer.ask(wire.pubrel(1))).first == 0x70
    assert len(house.hooks.messages) == 1


@pytest.mark.spec("3.1.2-6")
async def test_published_again_in_a_new_session_is_a_new_message(house: House):
    writer = await house.client("c")
    await writer.ask(wire.publish("a", b"x", qos=2))
    await vanish(house, writer)
    await (await house.client("c")).ask(wire.publish("a", b"x", qos=2, dup=True))
    assert len(house.hooks.messages) == 2


@pytest.mark.spec("2.2.2-1", "4.3.3-2")
async def test_unknown_pubrel_and_pubrec_are_answered(house: House):
    client = await house.client()
    client.send(wire.pubrel(7), wire.pubrec(8), wire.pubcomp(9))
    answers = await client.until_pong()
    assert [tuple(answer) for answer in answers] == [(0x70, b"\x00\x07"), (0x62, b"\x00\x08")]


async def test_held_is_answered_when_the_application_acks(open_house: OpenHouse):
    house = await open_house(Holder())
    client = await house.client("c", ("a", 2))
    client.send(wire.publish("a", b"x", qos=2))
    assert await client.until_pong() == []
    house.hooks.messages[0].ack()
    assert [got.first for got in await client.until_pong()] == [0x34, 0x50]


async def test_held_and_sent_again_after_a_reconnect_is_answered_there(open_house: OpenHouse):
    house = await open_house(Holder())
    writer = await house.client("c", clean=False)
    writer.send(wire.publish("a", b"x", qos=2))
    await writer.until_pong()
    await vanish(house, writer)
    writer = await come_back(house)
    again = wire.publish("a", b"x", qos=2, dup=True)
    writer.send(again, again)
    assert await writer.until_pong() == []
    (held,) = house.hooks.messages
    held.ack()
    assert [got.first for got in await writer.until_pong()] == [0x50]
    assert (await writer.ask(wire.pubrel(1))).first == 0x70


async def test_held_until_after_the_client_came_back_is_known_when_sent_again(open_house: OpenHouse):
    house = await open_house(Holder())
    writer = await house.client("c", clean=False)
    writer.send(wire.publish("a", b"x", qos=2))
    await writer.until_pong()
    await vanish(house, writer)
    house.hooks.messages[0].ack()
    writer = await come_back(house)
    assert (await writer.ask(wire.publish("a", b"x", qos=2, dup=True))).first == 0x50
    assert len(house.hooks.messages) == 1


async def test_pubrel_for_what_is_still_held_is_malformed(open_house: OpenHouse):
    house = await open_house(Holder())
    client = await house.client()
    client.send(wire.publish("a", qos=2), wire.pubrel(1))
    assert await client.until_closed() == []
    assert "PUBREL" in house.hooks.presence[-1][2]


@pytest.mark.spec("4.3.3-1")
async def test_received_is_over_with_pubcomp(house: House):
    client = await receiver(house)
    assert await client.ask(wire.pubrec(1)) == (0x62, b"\x00\x01")
    client.send(wire.pubcomp(1))
    await vanish(house, client)
    assert await (await come_back(house)).until_pong() == []


@pytest.mark.spec("2.3.1-4", "3.3.1-1", "4.3.3-1", "4.4.0-1")
async def test_received_without_pubrec_comes_again_with_dup(house: House):
    await vanish(house, await receiver(house))
    got = await (await come_back(house)).read()
    assert (got.first, got.packet_id, got.payload) == (0x3C, 1, b"x")


@pytest.mark.spec("4.3.3-1", "4.4.0-1")
async def test_received_with_pubrec_does_not_come_again_but_its_pubrel_does(house: House):
    client = await receiver(house)
    await client.ask(wire.pubrec(1))
    await vanish(house, client)
    client = await come_back(house)
    assert [tuple(got) for got in await client.until_pong()] == [(0x62, b"\x00\x01")]
    assert (await client.ask(wire.pubrec(1))).first == 0x62
    client.send(wire.pubcomp(1))
    assert await client.until_pong() == []


@pytest.mark.spec("4.6.0-4")
async def test_pubrels_come_again_in_the_order_of_the_pubrecs(house: House):
    client = await receiver(house)
    house.broker.publish("a", b"y", qos=2)
    house.broker.publish("a", b"z", qos=1)
    await client.until_pong()
    client.send(wire.pubrec(2), wire.pubrec(1))
    await client.until_pong()
    await vanish(house, client)
    got = await (await come_back(house)).until_pong()
    assert [(packet.first, packet.body[-2:]) for packet in got if packet.first == 0x62] == [
        (0x62, b"\x00\x02"),
        (0x62, b"\x00\x01"),
    ]
    assert [packet.payload for packet in got if packet.first == 0x3A] == [b"z"]


async def test_window_is_open_again_after_pubcomp_only(open_house: OpenHouse):
    house = await open_house(inflight=1)
    client = await receiver(house)
    house.broker.publish("a", b"y", qos=2)
    assert [got.first for got in await client.until_pong()] == []
    client.send(wire.pubrec(1))
    assert [got.first for got in await client.until_pong()] == [0x62]
    client.send(wire.pubcomp(1))
    assert [got.payload for got in await client.until_pong()] == [b"y"]


@pytest.mark.spec("4.6.0-1")
@pytest.mark.parametrize(("qos", "wrong"), [(1, wire.pubrec), (2, wire.puback), (2, wire.pubcomp)])
async def test_wrong_acknowledgement_closes_and_changes_nothing(house: House, qos: int, wrong):
    client = await house.client("c", ("a", 2), clean=False)
    for payload in (b"1", b"2", b"3"):
        house.broker.publish("a", payload, qos=qos)
    await client.until_pong()
    client.send(wrong(2))
    await client.until_closed()
    assert house.hooks.presence[-1][2].startswith("malformed: ")
    again = await (await come_back(house)).until_pong()
    assert [(packet.packet_id, packet.payload) for packet in again] == [(1, b"1"), (2, b"2"), (3, b"3")]


@pytest.mark.spec("3.3.1-5", "3.8.4-6")
async def test_retained_is_sent_with_the_lower_qos(house: House):
    house.broker.publish("a", b"x", qos=2, retain=True)
    client = await house.client("c", ("a", 2))
    assert (await client.read()).first == 0x35
    assert [got.first for got in await (await house.client("d", ("a", 1))).until_pong()] == [0x33]


@pytest.mark.spec("4.6.0-3")
async def test_pubrecs_keep_the_order_of_arrival(open_house: OpenHouse):
    house = await open_house(Holder())
    writer = await house.client()
    writer.send(*[wire.publish("a", qos=2, packet_id=n) for n in (3, 1, 2)])
    await writer.until_pong()
    for held in reversed(house.hooks.messages):
        held.ack()
    assert [(got.first, got.packet_id) for got in await writer.until_pong()] == [(0x50, 3), (0x50, 1), (0x50, 2)]


async def test_not_taken_and_malformed_is_new_when_it_comes_again(house: House):
    writer = await house.client("c", clean=False)
    writer.send(wire.publish("a/#", b"x", qos=2))
    await writer.until_closed()
    assert (await (await come_back(house)).ask(wire.publish("a", b"x", qos=2, dup=True))).first == 0x50
    assert [message.topic for message in house.hooks.messages] == ["a"]


class HoldsSome(Recorder):
    """Holds what is published below `held/`."""

    def on_message(self, client: Client, message: Received) -> bool | None:
        self.messages.append(message)
        return HOLD if message.topic.startswith("held/") else None


@pytest.mark.spec("4.6.0-3")
async def test_pubrecs_keep_the_order_when_sent_again_behind_a_held_one(open_house: OpenHouse):
    house = await open_house(HoldsSome())
    both = wire.publish("held/a", b"1", qos=2, packet_id=8) + wire.publish("b", b"2", qos=2, packet_id=9)
    writer = await house.client("c", clean=False)
    writer.send(both)
    assert await writer.until_pong() == []
    await vanish(house, writer)
    again = await come_back(house)
    again.send(both)
    assert await again.until_pong() == []
    house.hooks.messages[0].ack()
    assert [(got.first, got.packet_id) for got in await again.until_pong()] == [(0x50, 8), (0x50, 9)]


@pytest.mark.spec("4.3.3-2")
async def test_held_and_sent_again_is_answered_only_when_it_is_routed(open_house: OpenHouse):
    house = await open_house(Holder())
    writer = await house.client("c", clean=False)
    writer.send(wire.publish("a", b"1", qos=1, packet_id=1), wire.publish("a", b"2", qos=2, packet_id=2))
    await writer.until_pong()
    first, second = house.hooks.messages
    second.ack()
    await vanish(house, writer)
    again = await come_back(house)
    again.send(wire.publish("a", b"2", qos=2, dup=True, packet_id=2))
    assert await again.until_pong() == []
    first.ack()
    assert [(got.first, got.packet_id) for got in await again.until_pong()] == [(0x50, 2)]

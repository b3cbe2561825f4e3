"""Retained messages that the broker keeps itself."""

import pytest
from henge_mqtt.limits import MESSAGE_BYTES
from henge_mqtt.retained import AT_ONCE

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse


@pytest.mark.spec("3.3.1-5", "3.3.1-6", "3.3.1-8", "3.3.1-9")
async def test_sent_to_a_new_subscription_with_the_flag_and_to_an_old_one_without(house: House):
    old = await house.client("old", ("a/+", 1))
    writer = await house.client("writer")
    await writer.ask(wire.publish("a/b", b"kept", qos=1, retain=True))
    new = await house.client("new", ("a/b", 1))
    assert [(packet.first, packet.payload) for packet in await old.until_pong()] == [(0x32, b"kept")]
    assert [(packet.first, packet.payload) for packet in await new.until_pong()] == [(0x33, b"kept")]


@pytest.mark.spec("3.3.1-10", "3.3.1-11", "3.3.1-12")
async def test_only_the_last_is_kept_and_an_empty_one_removes_it(house: House):
    house.broker.publish("a/b", b"1", retain=True)
    house.broker.publish("a/b", b"2", retain=True)
    house.broker.publish("a/b", b"3")
    first = await house.client("first", ("a/b", 1))
    assert [packet.payload for packet in await first.until_pong()] == [b"2"]
    house.broker.publish("a/b", b"", retain=True)
    second = await house.client("second", ("#", 1))
    assert await second.until_pong() == []
    assert house.broker.stats.retained == 0


@pytest.mark.spec("3.3.1-6", "4.7.2-1")
@pytest.mark.parametrize(
    ("topic_filter", "topics"),
    [
        ("#", ["a", "a/b", "a/b/c", "/a"]),
        ("a/#", ["a", "a/b", "a/b/c"]),
        ("+", ["a"]),
        ("+/+", ["a/b", "/a"]),
        ("a/+/c", ["a/b/c"]),
        ("/+", ["/a"]),
        ("$SYS/#", ["$SYS/x"]),
        ("+/x", []),
        ("a/b/c/#", ["a/b/c"]),
        ("none/#", []),
    ],
)
async def test_wildcards(house: House, topic_filter: str, topics: list[str]):
    for topic in ["a", "a/b", "a/b/c", "/a", "$SYS/x"]:
        house.broker.publish(topic, b"x", retain=True)
    client = await house.client("c", (topic_filter, 1))
    assert sorted(packet.topic for packet in await client.until_pong()) == sorted(topics)


@pytest.mark.spec("3.8.4-3")
async def test_sent_again_for_every_subscribe(house: House):
    house.broker.publish("a", b"x", retain=True)
    client = await house.client("c", ("a", 1))
    client.send(wire.subscribe(("a", 1)))
    assert [packet.first for packet in await client.until_pong()] == [0x33, 0x90, 0x33]


async def test_all_arrive_in_order_when_there_are_more_than_may_be_in_flight(open_house: OpenHouse):
    house = await open_house(inflight=3, queue_messages=5)
    for number in range(50):
        house.broker.publish(f"a/{number}", b"old", retain=True)
    client = await house.client("c", ("a/#", 1))
    house.broker.publish("a/49", b"new")
    got = []
    for _ in range(51):
        packet = await client.read()
        got.append((packet.topic, packet.payload))
        client.send(wire.puback(packet.packet_id))
    assert len(set(got)) == 51
    assert got[-1] == ("a/49", b"new")
    assert house.broker.stats.dropped == 0


@pytest.mark.limit("retained_messages")
@pytest.mark.limit("retained_bytes")
async def test_routed_but_not_kept_when_the_table_is_full(open_house: OpenHouse):
    house = await open_house(retained_messages=2, retained_bytes=2 * MESSAGE_BYTES + 20)
    client = await house.client("c", ("#", 0))
    for topic, payload in [("a", b"1"), ("b", b"2"), ("c", b"3"), ("b", bytes(30)), ("b", b"4")]:
        house.broker.publish(topic, payload, retain=True)
    assert len(await client.until_pong()) == 5
    kept = {message.topic: message.payload for message in house.broker.retained.match("#")}
    assert kept == {"a": b"1", "b": b"4"}
    assert house.broker.stats.retained_dropped == 2


@pytest.mark.limit("backlog_messages")
async def test_refused_to_a_client_that_asks_for_more_and_takes_nothing(open_house: OpenHouse):
    house = await open_house(inflight=1, backlog_messages=10)
    for number in range(15):
        house.broker.publish(f"a/{number}", b"x", retain=True)
    client = await house.client("c", ("a/#", 1))
    client.send(wire.subscribe(("a/+", 1)))
    answers = await client.until_pong()
    assert answers[-1] == (0x90, b"\x00\x01\x80")


@pytest.mark.spec("3.1.2-7")
async def test_stay_when_the_session_of_their_publisher_ends(house: House):
    writer = await house.client("writer")
    await writer.ask(wire.publish("a", b"kept", qos=1, retain=True))
    await writer.close()
    await house.until(lambda: house.broker.stats.sessions == 0)
    assert [packet.payload for packet in await (await house.client("c", ("a", 1))).until_pong()] == [b"kept"]


@pytest.mark.spec("3.3.1-7")
async def test_one_of_qos_0_replaces_and_is_kept(house: House):
    writer = await house.client("writer")
    writer.send(wire.publish("a", b"1", qos=1, retain=True), wire.publish("a", b"2", retain=True))
    await writer.until_pong()
    assert [(got.first, got.payload) for got in await (await house.client("c", ("a", 1))).until_pong()] == [
        (0x31, b"2")
    ]


@pytest.mark.spec("3.3.1-7")
async def test_none_is_left_when_there_is_no_room_for_the_last(open_house: OpenHouse):
    house = await open_house(retained_bytes=MESSAGE_BYTES + 20)
    house.broker.publish("a", b"old", retain=True)
    house.broker.publish("a", bytes(30), retain=True)
    assert await (await house.client("c", ("a", 1))).until_pong() == []
    house.broker.publish("a", bytes(19), retain=True)
    assert house.broker.stats.retained == house.broker.stats.retained_dropped == 1


@pytest.mark.spec("3.3.1-10", "3.3.1-11")
async def test_empty_one_is_delivered_to_who_is_subscribed(house: House):
    client = await house.client("c", ("a", 1))
    house.broker.publish("a", b"", retain=True)
    assert [(packet.first, packet.payload) for packet in await client.until_pong()] == [(0x32, b"")]
    assert house.broker.stats.retained == 0


async def test_found_in_slices_and_up_to_date_when_the_table_is_large(house: House):
    for number in range(2 * AT_ONCE):
        house.broker.publish(f"a/{number}", b"old", retain=True)
    client, other = await house.client("c"), await house.client("other")
    client.send(wire.subscribe(("a/+", 0), ("b", 0)))
    other.send(wire.publish("a/7", b"new", retain=True), wire.publish("a/8", b"", retain=True))
    await other.until_pong()
    came = [await client.read()]
    while came[-1].first != 0x90:
        came.append(await client.read())
    came += await client.until_pong()
    came = [packet for packet in came if packet.first != 0x90]
    assert {packet.topic: packet.payload for packet in came} == {
        **{f"a/{number}": b"old" for number in range(2 * AT_ONCE)},
        "a/7": b"new",
        **({"a/8": b""} if any(packet.payload == b"" for packet in came) else {}),
    }


@pytest.mark.limit("backlog_messages")
async def test_refused_to_a_client_that_asks_for_too_much_in_one_packet(open_house: OpenHouse):
    house = await open_house(backlog_messages=10)
    for number in range(8):
        house.broker.publish(f"a/{number}", b"x", retain=True)
    client = await house.client()
    client.send(wire.subscribe(("a/#", 0), ("#", 0), ("+/+", 0), ("b", 0)))
    suback, *messages = await client.until_pong()
    assert suback.body[2:] == b"\x00\x00\x80\x80"
    assert len(messages) == 16
    assert house.broker.stats.subscriptions == 2
    assert house.broker.stats.refused_subscriptions == 2


@pytest.mark.spec("4.6.0-6")
async def test_qos_0_that_waited_behind_them_is_not_overtaken(open_house: OpenHouse):
    house = await open_house(inflight=1)
    for topic in ("kept/1", "kept/2"):
        house.broker.publish(topic, b"kept", retain=True)
    client = await house.client("c", ("live", 1), ("kept/+", 1))
    for payload, qos in ((b"one", 1), (b"two", 1), (b"zero", 0)):
        house.broker.publish("live", payload, qos=qos)
    for _ in range(2):  # then "one" is in flight, "two" has to wait, and "zero" with it
        client.send(wire.puback((await client.read()).packet_id))
    got = await client.read()
    house.broker.publish("live", b"later zero", qos=0)
    client.send(wire.puback(got.packet_id))
    assert [packet.payload for packet in (got, *await client.until_pong())] == [b"one", b"two", b"zero", b"later zero"]

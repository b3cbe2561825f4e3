"""PUBLISH: acknowledged, routed, held for the application, forbidden."""

import pytest
from henge_mqtt import HOLD, Client, Received

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder


class Holder(Recorder):
    """Holds what is published below `held/`."""

    def on_message(self, client: Client, message: Received) -> bool | None:
        self.messages.append(message)
        return HOLD if message.topic.startswith("held/") else None


class Strict(Recorder):
    """Nobody may publish to `no`."""

    def may_publish(self, client: Client, topic: str) -> bool:
        return topic != "no"


@pytest.mark.spec("2.3.1-6", "3.3.4-1", "4.3.2-2", "4.5.0-1")
async def test_qos_1_is_acknowledged_and_routed(house: House):
    reader = await house.client("reader", ("a", 1))
    writer = await house.client("writer")
    assert await writer.ask(wire.publish("a", b"hello", qos=1, packet_id=77)) == (0x40, b"\x00\x4d")
    got = await reader.read()
    assert (got.first, got.topic, got.payload) == (0x32, "a", b"hello")


@pytest.mark.spec("3.3.1-2", "3.8.4-6", "4.3.1-1")
async def test_qos_is_the_lower_of_published_and_granted(house: House):
    reader = await house.client("reader", ("zero", 0), ("one", 1))
    writer = await house.client("writer")
    writer.send(wire.publish("zero", qos=1), wire.publish("one", qos=1), wire.publish("one", qos=0))
    got = [await reader.read() for _ in range(3)]
    assert [(packet.topic, packet.first) for packet in got] == [("zero", 0x30), ("one", 0x32), ("one", 0x30)]


@pytest.mark.spec("3.3.5-1")
async def test_once_per_client_with_overlapping_filters(house: House):
    reader = await house.client("reader", ("a/b", 0), ("a/+", 1), ("#", 0))
    house.broker.publish("a/b", b"x")
    assert [packet.first for packet in await reader.until_pong()] == [0x32]


@pytest.mark.spec("4.6.0-5", "4.6.0-6")
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_order_is_kept_per_topic(house: House, qos: int):
    reader = await house.client("reader", ("a", qos))
    writer = await house.client("writer")
    writer.send(*[wire.publish("a", b"%d" % n, qos=qos, packet_id=n) for n in range(1, 20)])
    assert [(await reader.read()).payload for _ in range(19)] == [b"%d" % n for n in range(1, 20)]


async def test_from_the_application(house: House):
    reader = await house.client("reader", ("a", 1))
    assert house.broker.publish("a", b"1") == 1
    assert house.broker.publish("a", b"2", qos=0, retain=True) == 1
    assert house.broker.publish("b", b"3") == 0
    assert [(packet.first, packet.payload) for packet in await reader.until_pong()] == [(0x32, b"1"), (0x30, b"2")]


async def test_what_the_hook_sees(house: House):
    writer = await house.client("writer")
    writer.send(wire.publish("a/b", b"\x00", qos=0, retain=True), wire.publish("c", b"", qos=1))
    await writer.until_pong()
    seen = [(message.topic, message.payload, message.qos, message.retain) for message in house.hooks.messages]
    assert seen == [("a/b", b"\x00", 0, True), ("c", b"", 1, False)]


async def test_held_is_acknowledged_and_routed_only_when_the_application_acks(open_house: OpenHouse):
    house = await open_house(Holder())
    reader = await house.client("reader", ("#", 1))
    writer = await house.client("writer")
    writer.send(wire.publish("held/a", b"x", qos=1, packet_id=5))
    assert await writer.until_pong() == []
    assert await reader.until_pong() == []
    house.hooks.messages[0].ack()
    house.hooks.messages[0].ack()
    assert [packet.packet_id for packet in await writer.until_pong()] == [5]
    assert [packet.topic for packet in await reader.until_pong()] == ["held/a"]


@pytest.mark.spec("4.6.0-2")
async def test_acknowledgements_keep_the_order_of_arrival(open_house: OpenHouse):
    house = await open_house(Holder())
    writer = await house.client("writer")
    writer.send(wire.publish("held/a", qos=1, packet_id=1), wire.publish("b", qos=1, packet_id=2))
    writer.send(wire.publish("held/c", qos=1, packet_id=3))
    assert await writer.until_pong() == []
    first, _, third = house.hooks.messages
    third.ack()
    assert await writer.until_pong() == []
    first.ack()
    assert [packet.packet_id for packet in await writer.until_pong()] == [1, 2, 3]


async def test_held_at_qos_0_is_routed_at_the_ack(open_house: OpenHouse):
    house = await open_house(Holder())
    client = await house.client("c", ("#", 0))
    client.send(wire.publish("held/a"), wire.publish("b"))
    assert [packet.topic for packet in await client.until_pong()] == ["b"]
    house.hooks.messages[0].ack()
    assert [packet.topic for packet in await client.until_pong()] == ["held/a"]


async def test_held_at_qos_0_is_not_overtaken_within_its_topic(open_house: OpenHouse):
    class Late(Recorder):
        def on_message(self, client: Client, message: Received) -> bool | None:
            self.messages.append(message)
            return HOLD if message.payload == b"1" else None

    house = await open_house(Late())
    client = await house.client("c", ("#", 0))
    client.send(wire.publish("a", b"1"), wire.publish("a", b"2"), wire.publish("b", b"3"))
    assert [packet.payload for packet in await client.until_pong()] == [b"3"]
    house.hooks.messages[0].ack()
    assert [packet.payload for packet in await client.until_pong()] == [b"1", b"2"]


async def test_ack_after_the_client_has_gone_still_routes(open_house: OpenHouse):
    house = await open_house(Holder())
    reader = await house.client("reader", ("#", 1))
    writer = await house.client("writer")
    writer.send(wire.publish("held/a", qos=1))
    await writer.until_pong()
    await writer.close()
    await house.until(lambda: "writer" not in house.broker.clients)
    house.hooks.messages[0].ack()
    assert [packet.topic for packet in await reader.until_pong()] == ["held/a"]


async def test_what_follows_a_held_one_is_routed_when_the_client_goes_before_its_will(open_house: OpenHouse):
    house = await open_house(Holder())
    reader = await house.client("reader", ("#", 1))
    writer = await house.client("writer", will=("status", b"gone", 1, False))
    writer.send(wire.publish("held/a", b"1", qos=1, packet_id=1), wire.publish("held/a", b"2", qos=1, packet_id=2))
    writer.send(wire.publish("status", b"here", qos=1, packet_id=3))
    await writer.until_pong()
    house.hooks.messages[1].ack()
    await writer.close()
    await house.until(lambda: "writer" not in house.broker.clients)
    assert [got.payload for got in await reader.until_pong()] == [b"here", b"gone"]
    house.hooks.messages[0].ack()
    assert [got.payload for got in await reader.until_pong()] == [b"1", b"2"]


@pytest.mark.limit("held")
async def test_socket_is_not_read_while_too_much_is_held(open_house: OpenHouse):
    house = await open_house(Holder(), held=3)
    writer = await house.client("writer", keep_alive=10)
    writer.send(*[wire.publish("held/a", qos=1, packet_id=n) for n in range(1, 9)])
    await house.until(lambda: len(house.hooks.messages) == 3)
    house.pass_time(100)  # its silence is ours: keep-alive does not count
    for moment in range(8):
        await house.until(lambda: len(house.hooks.messages) > moment)  # noqa: B023
        assert len(house.hooks.messages) <= moment + 3
        house.hooks.messages[moment].ack()
    assert [(await writer.read()).packet_id for _ in range(8)] == list(range(1, 9))


@pytest.mark.spec("3.3.5-2")
@pytest.mark.parametrize(("qos", "answer"), [(1, 0x40), (2, 0x50)])
async def test_forbidden_is_acknowledged_and_dropped(open_house: OpenHouse, qos: int, answer: int):
    house = await open_house(Strict())
    reader = await house.client("reader", ("#", 1))
    writer = await house.client("writer")
    assert (await writer.ask(wire.publish("no", qos=qos, retain=True))).first == answer
    assert await reader.until_pong() == []
    assert not house.hooks.messages
    assert not house.broker.retained.match("#")
    assert house.broker.stats.refused_publishes == 1


@pytest.mark.spec("3.3.5-2")
@pytest.mark.limit("forbidden_publishes")
@pytest.mark.parametrize("qos", [1, 2])
async def test_disconnected_when_it_goes_on_with_forbidden_publishes(open_house: OpenHouse, qos: int):
    house = await open_house(Strict(), forbidden_publishes=3)
    writer = await house.client("writer")
    writer.send(*[wire.publish("no", qos=qos, packet_id=n) for n in range(1, 6)])
    assert len(await writer.until_closed()) == 3
    assert house.broker.stats.session_bytes == 0
    assert house.hooks.presence[-1] == ("writer", False, "too many forbidden publishes")


async def test_forbidden_behind_a_held_one_keeps_its_turn(open_house: OpenHouse):
    hooks = Holder()
    hooks.may_publish = lambda client, topic: topic != "no"
    house = await open_house(hooks)
    client = await house.client("c", ("#", 1))
    client.send(wire.publish("held/a", qos=1, packet_id=1), wire.publish("no", qos=1, packet_id=2))
    assert await client.until_pong() == []
    hooks.messages[0].ack()
    assert [packet.first for packet in await client.until_pong()] == [0x32, 0x40, 0x40]


@pytest.mark.spec("4.7.2-1")
async def test_dollar_topics_are_not_for_clients(house: House):
    reader = await house.client("reader", ("$SYS/#", 1), ("#", 1), ("+/a", 1))
    writer = await house.client("writer")
    writer.send(wire.publish("$SYS/a", b"fake", qos=1))
    await writer.until_pong()
    house.broker.publish("$SYS/a", b"real")
    assert [packet.payload for packet in await reader.until_pong()] == [b"real"]


@pytest.mark.spec("4.8.0-2")
async def test_failing_hook_ends_that_client_only(open_house: OpenHouse, caplog):
    class Broken(Recorder):
        def on_message(self, client: Client, message: Received) -> None:
            raise ZeroDivisionError

    house = await open_house(Broken())
    bystander = await house.client("bystander", ("#", 1))
    writer = await house.client("writer")
    writer.send(wire.publish("a", b"", qos=1))
    assert await writer.until_closed() == []
    assert await bystander.until_pong() == []
    assert house.broker.stats.hook_failures == 1
    assert "ZeroDivisionError" in caplog.text
    assert ("writer", False, "a hook failed") in house.hooks.presence


@pytest.mark.spec("3.3.1-3")
@pytest.mark.parametrize(("qos", "first"), [(1, 0x32), (2, 0x34)])
async def test_dup_of_the_publisher_is_not_passed_on(house: House, qos: int, first: int):
    reader = await house.client("reader", ("a", qos))
    writer = await house.client("writer")
    writer.send(wire.publish("a", b"x", qos=qos, dup=True))
    assert (await reader.read()).first == first


@pytest.mark.spec("4.3.2-2")
async def test_same_packet_id_after_its_puback_is_a_new_message(house: House):
    writer = await house.client("writer")
    for _ in range(2):
        assert await writer.ask(wire.publish("a", b"x", qos=1, packet_id=5, dup=True)) == (0x40, b"\x00\x05")
    assert len(house.hooks.messages) == 2


@pytest.mark.spec("1.5.3-3", "4.7.3-4")
@pytest.mark.parametrize(
    ("topic", "other"), [("\ufeffa", "a"), ("a\ufeff", "a"), ("é", "e\u0301"), ("a", "A"), ("/a", "a")]
)
async def test_topics_that_only_look_the_same_are_not(house: House, topic: str, other: str):
    reader = await house.client("reader", (topic, 0))
    writer = await house.client("writer")
    writer.send(wire.publish(other, b"no"), wire.publish(topic, b"yes"))
    await writer.until_pong()
    assert [(packet.topic, packet.payload) for packet in await reader.until_pong()] == [(topic, b"yes")]

"""SUBSCRIBE and UNSUBSCRIBE: what is granted, what is refused, and an application that gives retained messages late."""

import asyncio

import pytest
from henge_mqtt import Client, Message

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder


class Librarian(Recorder):
    """Retained messages of `doc/...` come from the application, when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.found: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        self.refused: set[str] = set()

    def may_subscribe(self, client: Client, topic_filter: str) -> bool:
        return topic_filter not in self.refused

    def retained(self, client: Client, topic_filter: str):
        return self._wait() if topic_filter.startswith("doc/") else None

    async def _wait(self) -> list[Message]:
        return await asyncio.shield(self.found)


@pytest.mark.spec("2.3.1-7", "3.8.4-1", "3.8.4-2", "3.8.4-4", "3.8.4-5", "3.9.3-1", "3.9.3-2")
async def test_one_code_per_filter_in_order(open_house: OpenHouse):
    house = await open_house(Librarian())
    house.hooks.refused.add("b")
    client = await house.client()
    answer = await client.ask(wire.subscribe(("a", 0), ("b", 1), ("c", 1), ("d", 2), packet_id=9))
    assert answer == (0x90, b"\x00\x09\x00\x80\x01\x02")
    assert [house.broker.publish(topic, b"") for topic in "abcd"] == [1, 0, 1, 1]


@pytest.mark.spec("3.8.4-3")
async def test_subscribing_again_changes_the_qos(house: House):
    client = await house.client("c", ("a", 1))
    await client.ask(wire.subscribe(("a", 0)))
    house.broker.publish("a", b"x")
    assert [packet.first for packet in await client.until_pong()] == [0x30]
    assert house.broker.stats.subscriptions == 1


@pytest.mark.spec("2.3.1-7", "3.10.4-2", "3.10.4-4", "3.10.4-5", "3.10.4-6")
async def test_unsubscribed_gets_nothing_more(house: House):
    client = await house.client("c", ("a", 1), ("b/#", 1))
    assert await client.ask(wire.unsubscribe("a", "b/#", "never", packet_id=3)) == (0xB0, b"\x00\x03")
    assert house.broker.publish("a", b"") == house.broker.publish("b/c", b"") == 0
    assert house.broker.stats.subscriptions == 0


@pytest.mark.spec("3.8.4-5", "3.9.3-2")
@pytest.mark.limit("subscriptions")
async def test_refused_when_there_are_too_many(open_house: OpenHouse):
    house = await open_house(subscriptions=2)
    client = await house.client("c", ("a", 1), ("b", 1))
    assert (await client.ask(wire.subscribe(("c", 1), ("a", 0)))).body[2:] == b"\x80\x00"
    assert house.broker.stats.refused_subscriptions == 1


async def test_late_retained_come_after_suback(open_house: OpenHouse):
    house = await open_house(Librarian())
    client = await house.client()
    client.send(wire.subscribe(("doc/a", 1), packet_id=8))
    assert await client.until_pong() == []
    house.hooks.found.set_result([Message("doc/a", b"v1", 1), Message("doc/b", b"v2", 0)])
    suback, first, second = await client.read(), await client.read(), await client.read()
    assert suback == (0x90, b"\x00\x08\x01")
    assert (first.first, first.topic, first.payload) == (0x33, "doc/a", b"v1")
    assert (second.first, second.topic, second.payload) == (0x31, "doc/b", b"v2")


async def test_all_else_goes_on_while_retained_are_late(open_house: OpenHouse):
    house = await open_house(Librarian())
    client = await house.client()
    client.send(wire.subscribe(("doc/a", 1), ("x", 1), packet_id=1))
    client.send(wire.subscribe(("y", 1), packet_id=2), wire.publish("z", qos=1, packet_id=3))
    assert [(packet.first, packet.packet_id) for packet in await client.until_pong()] == [(0x90, 2), (0x40, 3)]
    house.broker.publish("doc/a", b"live")
    assert [packet.payload for packet in await client.until_pong()] == [b"live"]
    house.hooks.found.set_result([])
    assert await client.read() == (0x90, b"\x00\x01\x01\x01")


async def test_own_retained_of_other_filters_in_the_same_packet(open_house: OpenHouse):
    house = await open_house(Librarian())
    house.broker.publish("status", b"online", retain=True)
    client = await house.client()
    client.send(wire.subscribe(("status", 1), ("doc/a", 1)))
    await client.until_pong()
    house.hooks.found.set_result([Message("doc/a", b"v1", 1)])
    assert [(await client.read()).first for _ in range(3)] == [0x90, 0x33, 0x33]


async def test_nobody_is_told_when_the_client_has_gone_meanwhile(open_house: OpenHouse):
    house = await open_house(Librarian())
    client = await house.client()
    client.send(wire.subscribe(("doc/a", 1)))
    await client.until_pong()
    await client.close()
    await house.until(lambda: not house.broker.clients)
    house.hooks.found.set_result([Message("doc/a", b"v1", 1)])
    again = await house.client()
    assert await again.until_pong() == []


@pytest.mark.spec("4.8.0-2")
@pytest.mark.parametrize("failure", [OSError("disk"), asyncio.CancelledError()])
async def test_client_ends_when_its_retained_fail(open_house: OpenHouse, failure: BaseException):
    house = await open_house(Librarian())
    client = await house.client()
    client.send(wire.subscribe(("doc/a", 1)))
    await client.until_pong()
    house.hooks.found.set_exception(failure) if isinstance(failure, Exception) else house.hooks.found.cancel()
    assert await client.until_closed() == []
    assert house.hooks.presence[-1] == ("c", False, "a hook failed")


async def test_nothing_is_granted_when_a_later_filter_is_malformed(house: House):
    client = await house.client()
    client.send(wire.subscribe(("a", 1), ("a#", 1)))
    assert await client.until_closed() == []
    assert house.broker.stats.subscriptions == 0


async def test_nothing_is_left_waiting_when_the_broker_closes(open_house: OpenHouse):
    house = await open_house(Librarian())
    client = await house.client()
    client.send(wire.subscribe(("doc/a", 1), ("doc/b", 1)))
    await house.until(lambda: house.broker.stats.subscriptions == 2)
    await house.broker.close()
    assert await client.until_closed() == []


@pytest.mark.spec("3.10.4-1")
async def test_only_the_very_same_filter_is_unsubscribed(house: House):
    client = await house.client("c", ("a/+", 0), ("a/#", 1), ("A/b", 1))
    await client.ask(wire.unsubscribe("a/b", "#", "+/b", "a/B", "A/+"))
    assert house.broker.stats.subscriptions == 3
    await client.ask(wire.unsubscribe("a/#"))
    house.broker.publish("a/b", b"x")
    assert [packet.first for packet in await client.until_pong()] == [0x30]


@pytest.mark.spec("3.10.4-3")
@pytest.mark.parametrize("qos", [1, 2])
async def test_what_is_under_way_is_delivered_after_unsubscribe(house: House, qos: int):
    client = await house.client("c", ("a", 2), clean=False)
    house.broker.publish("a", b"x", qos=qos)
    await client.read()
    await client.ask(wire.unsubscribe("a"))
    await client.close()
    await house.until(lambda: not house.broker.clients)
    again = await house.client("c", clean=False)
    assert [(packet.first, packet.payload) for packet in await again.until_pong()] == [(0x38 | qos << 1, b"x")]


async def test_shared_subscription_is_refused_where_it_would_wait_in_vain(house: House):
    client = await house.client()
    answer = await client.ask(wire.subscribe(("$share/group/a", 1), ("$share", 1), ("$shared/a", 1)))
    assert answer.body[2:] == b"\x80\x01\x01"


async def test_nothing_is_granted_to_who_was_ended_over_it(open_house: OpenHouse):
    class Bouncer(Recorder):
        def may_subscribe(self, client: Client, topic_filter: str) -> bool:
            return house.broker.disconnect(client.id, "removed") or True

    house = await open_house(Bouncer())
    client = await house.client()
    client.send(wire.subscribe(("a", 1), ("b", 1)))
    assert await client.until_closed() == []
    assert house.broker.stats.subscriptions == house.broker.stats.session_bytes == 0

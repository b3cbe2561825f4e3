"""Wills: published at every end but DISCONNECT."""

import pytest
from henge_mqtt import Client

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder

WILL = ("status", b"offline", 1, True)


@pytest.mark.spec("3.1.2-8", "3.1.2-9", "3.1.2-17")
@pytest.mark.parametrize(
    "end",
    [
        lambda house, client: client.close(),
        lambda house, client: client.until_closed() if house.broker.disconnect("lamp", "removed") else None,
        lambda house, client: client.until_closed() if client.send(b"\xf0\x00") is None else None,
        lambda house, client: client.until_closed() if house.pass_time(20) is None else None,
    ],
    ids=["lost", "ended by the application", "malformed", "keep-alive missed"],
)
async def test_published_when_the_connection_ends(house: House, end):
    watcher = await house.client("watcher", ("status", 1))
    client = await house.client("lamp", will=WILL, keep_alive=10)
    await end(house, client)
    got = await watcher.read()
    assert (got.first, got.topic, got.payload) == (0x32, "status", b"offline")
    assert [message.payload for message in house.broker.retained.match("status")] == [b"offline"]


@pytest.mark.spec("3.1.2-8", "3.1.2-10", "3.14.4-3")
async def test_not_published_after_disconnect(house: House):
    client = await house.client("lamp", will=WILL)
    client.send(wire.DISCONNECT)
    await client.until_closed()
    assert house.broker.stats.retained == 0


@pytest.mark.spec("3.1.2-16")
async def test_not_retained_when_it_does_not_ask_for_it(house: House):
    client = await house.client("lamp", will=("status", b"", 2, False))
    watcher = await house.client("watcher", ("status", 1))
    await client.close()
    assert (await watcher.read()).first == 0x32
    assert house.broker.stats.retained == 0


async def test_connection_refused_for_a_will_on_a_forbidden_topic(open_house: OpenHouse):
    class Strict(Recorder):
        def may_publish(self, client: Client, topic: str) -> bool:
            return topic == f"{client.id}/status"

    house = await open_house(Strict())
    client = await house.open()
    client.send(wire.connect("lamp", will=WILL))
    assert await client.until_closed() == [(0x20, b"\x00\x05")]
    assert house.broker.stats.retained == 0
    await house.client("lamp", will=("lamp/status", b"offline", 0, True))


@pytest.mark.spec("3.1.2-10")
async def test_published_once_and_then_forgotten(house: House):
    watcher = await house.client("watcher", ("status", 1))
    await (await house.client("lamp", will=WILL, clean=False)).close()
    assert (await watcher.read()).payload == b"offline"
    await (await house.client("lamp", clean=False)).close()
    await house.until(lambda: len(house.broker.clients) == 1)
    assert await watcher.until_pong() == []


@pytest.mark.spec("3.1.2-12")
async def test_nothing_is_published_for_who_has_none(house: House):
    watcher = await house.client("watcher", ("#", 1))
    await (await house.client("lamp")).close()
    await house.until(lambda: len(house.broker.clients) == 1)
    assert await watcher.until_pong() == []

"""Who is silent for too long is closed, by a clock that the tests move."""

import pytest

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse


@pytest.mark.spec("3.1.2-24")
async def test_closed_when_keep_alive_is_missed(house: House):
    client = await house.client("lamp", keep_alive=10)
    house.pass_time(15)
    assert house.broker.clients["lamp"].connected
    house.pass_time(3)
    assert await client.until_closed() == []
    assert house.hooks.presence[-1] == ("lamp", False, "keep-alive missed")
    assert house.broker.stats.timeouts == 1


@pytest.mark.spec("3.1.2-24")
async def test_any_packet_keeps_it_alive(house: House):
    client = await house.client("lamp", keep_alive=10)
    for request in [wire.PINGREQ, wire.publish("a", qos=1), wire.subscribe(("a", 0)), wire.PINGREQ]:
        house.pass_time(14)
        await client.ask(request)
    assert house.broker.clients["lamp"].connected


async def test_no_keep_alive_means_no_end(house: House):
    client = await house.client("lamp", keep_alive=0)
    house.pass_time(1_000_000)
    assert await client.until_pong() == []


@pytest.mark.limit("connect_timeout")
async def test_closed_when_no_connect_comes(open_house: OpenHouse):
    house = await open_house(connect_timeout=10)
    silent, slow = await house.open(), await house.open()
    slow.send(wire.connect()[:5])
    await house.until(lambda: house.broker.stats.bytes_in == 5)
    house.pass_time(9)
    assert house.broker.stats.connections == 2
    house.pass_time(3)
    assert await silent.until_closed() == await slow.until_closed() == []
    assert house.broker.stats.timeouts == 2
    assert not house.hooks.presence


@pytest.mark.spec("3.12.4-1")
async def test_ping_is_answered(house: House):
    client = await house.client()
    assert await client.ask(wire.PINGREQ, wire.PINGREQ) == await client.read() == (0xD0, b"")


@pytest.mark.spec("3.1.2-24")
@pytest.mark.parametrize(("size", "stays"), [(100, False), (5000, True)])
async def test_parts_of_a_packet_keep_it_alive_only_while_much_is_missing(house: House, size: int, stays: bool):
    client = await house.client("lamp", keep_alive=10)
    packet = wire.publish("a", bytes(size), qos=1)
    for start in (0, 3):
        had = house.broker.stats.bytes_in
        client.send(packet[start : start + 3])
        await house.until(lambda: house.broker.stats.bytes_in > had)  # noqa: B023
        house.pass_time(9)
    assert ("lamp" in house.broker.clients) == stays
    client.send(packet[6:])
    assert len(await client.until_closed(wire.Packet(0x40, b"\0\1"))) == stays

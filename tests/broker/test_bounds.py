"""Bounds on what one client may take: connections, bytes waiting for a slow reader."""

import asyncio
import socket

import pytest
from henge_mqtt import Limits

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse
from tests.broker.wire import Wire


async def stuck_reader(house: House, *filters: tuple[str, int], **connect) -> Wire:
    """A client that has read its SUBACK and will read nothing more; its side takes in little by itself."""
    bare = socket.socket()
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    bare.setblocking(False)
    await asyncio.get_running_loop().sock_connect(bare, ("127.0.0.1", house.port))
    client = Wire(*await asyncio.open_connection(sock=bare, limit=1024))
    house.wires.append(client)
    await client.ask(wire.connect("stuck", **connect))
    await client.ask(wire.subscribe(*filters))
    return client


async def publish_until(house: House, qos: int, enough) -> int:
    """Publish 64 KB at a time, giving the loop a turn in between, until `enough` holds; returns how often."""
    for count in range(2000):
        if enough():
            return count
        house.broker.publish("a", bytes(65536), qos=qos)
        await asyncio.sleep(0)
    raise AssertionError("there is no bound")


async def test_qos_0_is_dropped_for_a_slow_reader_and_nobody_else(house: House):
    await stuck_reader(house, ("a", 0))
    other = await house.client("other", ("b", 0))
    await publish_until(house, 0, lambda: house.broker.stats.dropped > 50)
    house.broker.publish("b", b"x", qos=0)
    assert [packet.payload for packet in await other.until_pong()] == [b"x"]
    assert house.broker.clients["stuck"].connected


@pytest.mark.limit("write_soft")
async def test_qos_1_is_queued_for_a_slow_reader_and_arrives_when_it_reads(open_house: OpenHouse):
    house = await open_house(queue_bytes=1_000_000_000, inflight=1000, inflight_bytes=1_000_000_000)
    client = await stuck_reader(house, ("a", 1))
    session = house.broker.connected["stuck"].session
    count = await publish_until(house, 1, lambda: session.waiting > 5)
    for _ in range(count):
        packet = await client.read()
        client.send(wire.puback(packet.packet_id))
    assert session.waiting == 0
    assert await client.until_pong() == []


@pytest.mark.limit("write_hard")
async def test_cut_when_it_asks_and_never_reads_the_answers(open_house: OpenHouse):
    house = await open_house(packet_size=1000, write_soft=1000, write_hard=2000)
    client = await stuck_reader(house, ("none", 0))
    for _ in range(5000):
        client.send(wire.PINGREQ * 10_000)
        await asyncio.sleep(0)
        if house.broker.stats.slow_readers:
            break
    assert house.hooks.presence[-1] == ("stuck", False, "too slow a reader")


@pytest.mark.limit("close_timeout")
async def test_stuck_client_is_cut_after_the_close_timeout(house: House):
    await stuck_reader(house, ("a", 0))
    await publish_until(house, 0, lambda: house.broker.stats.dropped > 0)
    house.broker.disconnect("stuck", "removed")
    await asyncio.sleep(0)
    assert house.broker.stats.connections == 1
    house.pass_time(10)
    await house.until(lambda: house.broker.stats.connections == 0)


@pytest.mark.limit("connections")
async def test_closed_unread_when_there_are_too_many(open_house: OpenHouse):
    house = await open_house(connections=2)
    first = await house.client("a")
    await house.client("b")
    third = await house.open()
    assert await third.until_closed() == []
    assert house.broker.stats.refused_connections == 1
    await first.close()
    await house.until(lambda: house.broker.stats.connections == 1)
    await house.client("c")


async def test_limits_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="write_hard"):
        Limits(packet_size=10_000_000)

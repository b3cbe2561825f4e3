"""Every limit has a test that reaches it; those without a better place have it here."""

import re
from pathlib import Path

import pytest
from henge_mqtt import BAD_CREDENTIALS, HOLD, Client, Hooks, Limits, Received
from henge_mqtt.gate import BURST_S
from henge_mqtt.limits import MESSAGE_BYTES, NAMES

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder

HERE = Path(__file__).parent


class Nobody(Hooks):
    """Lets nobody in but the client `ann`."""

    def authenticate(self, client: Client, password: bytes | None) -> int:
        return 0 if client.id == "ann" else BAD_CREDENTIALS


async def is_let_in(house: House, client_id: str = "ann") -> bool:
    client = await house.open()
    try:
        return await client.ask(wire.connect(client_id)) == (0x20, b"\x00\x00")
    except (EOFError, ConnectionError):  # closed unread
        return False


def test_more_in_flight_than_there_are_packet_ids_is_refused():
    Limits(inflight=65_535)
    with pytest.raises(ValueError, match="inflight must be at most 65535"):
        Limits(inflight=65_536)


def test_every_limit_has_a_test_that_reaches_it():
    source = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    assert sorted(set(re.findall(r'@pytest\.mark\.limit\("(\w+)"\)', source))) == sorted(NAMES)


@pytest.mark.limit("connect_rate")
async def test_closed_unread_when_too_many_come_in_a_second(open_house: OpenHouse):
    house = await open_house(connect_rate=1)
    assert [await is_let_in(house, f"c{number}") for number in range(BURST_S + 2)] == [True] * BURST_S + [False] * 2
    assert house.broker.stats.refused_connections == 2
    house.pass_time(3)
    assert [await is_let_in(house, f"d{number}") for number in range(4)] == [True] * 3 + [False]


@pytest.mark.limit("address_connect_rate")
async def test_closed_unread_when_too_many_come_from_one_address(open_house: OpenHouse):
    house = await open_house(address_connect_rate=1)
    assert [await is_let_in(house, f"c{number}") for number in range(BURST_S + 1)] == [True] * BURST_S + [False]
    assert house.broker.gate.refusal("192.0.2.1", house.clock()) == ""


@pytest.mark.limit("address_failed_logins")
async def test_closed_unread_when_too_many_logins_of_an_address_failed(open_house: OpenHouse):
    house = await open_house(Nobody(), address_failed_logins=3)
    assert [await is_let_in(house, "bob") for _ in range(3)] == [False] * 3
    assert not await is_let_in(house)
    assert house.broker.stats.refused_logins == 3
    house.pass_time(21)
    assert await is_let_in(house)
    assert house.broker.gate.refusal("192.0.2.1", house.clock()) == ""


@pytest.mark.limit("connect_size")
async def test_closed_for_a_connect_that_is_too_large(open_house: OpenHouse):
    client = await (await open_house(connect_size=100)).open()
    client.send(wire.connect("x" * 100))
    assert await client.until_closed() == []


@pytest.mark.limit("packet_size")
async def test_closed_for_a_packet_that_is_too_large_before_it_is_there(open_house: OpenHouse):
    client = await (await open_house(packet_size=100)).client()
    client.send(wire.publish("a", bytes(97)) + wire.PINGREQ + wire.publish("a", bytes(98))[:3])
    assert [answer.first for answer in await client.until_closed()] == [0xD0]


@pytest.mark.parametrize("packet", [wire.publish("a" * 11), wire.subscribe(("a" * 11, 0)), wire.unsubscribe("a" * 11)])
@pytest.mark.limit("topic_length")
async def test_closed_for_a_topic_that_is_too_long(open_house: OpenHouse, packet: bytes):
    client = await (await open_house(topic_length=10)).client("c", ("a" * 10, 0))
    client.send(packet)
    assert await client.until_closed() == []


@pytest.mark.limit("topic_depth")
async def test_closed_for_a_topic_that_is_too_deep(open_house: OpenHouse):
    client = await (await open_house(topic_depth=3)).client("c", ("a/b/c", 0))
    client.send(wire.publish("a/b/c/d"))
    assert await client.until_closed() == []


@pytest.mark.limit("unreleased")
async def test_closed_for_too_many_messages_of_qos_2_without_pubrel(open_house: OpenHouse):
    client = await (await open_house(unreleased=2)).client()
    client.send(*[wire.publish("a", qos=2, packet_id=number) for number in (1, 2, 2, 1, 3)])
    assert [answer.first for answer in await client.until_closed()] == [0x50] * 4


@pytest.mark.limit("inflight_bytes")
async def test_queued_when_too_many_bytes_are_in_flight(open_house: OpenHouse):
    house = await open_house(inflight_bytes=2 * MESSAGE_BYTES)
    client = await house.client("c", ("a", 1))
    for number in range(4):
        house.broker.publish("a", b"%d" % number)
    got = await client.until_pong()
    assert [packet.payload for packet in got] == [b"0", b"1"]
    client.send(wire.puback(got[0].packet_id))
    assert [packet.payload for packet in await client.until_pong()] == [b"2"]


@pytest.mark.limit("session_bytes")
async def test_nothing_more_is_kept_when_all_sessions_keep_too_much(open_house: OpenHouse):
    house = await open_house(session_bytes=10 * MESSAGE_BYTES)
    client = await house.client("c", ("a", 1))
    hoarder = await house.client("hoarder", ("b", 1), clean=False)
    for _ in range(20):
        house.broker.publish("b", b"x")
    assert house.broker.stats.session_bytes <= 11 * MESSAGE_BYTES
    for number in range(3):  # each client still has one message in flight at a time
        house.broker.publish("a", b"%d" % number)
    assert [packet.payload for packet in await client.until_pong()] == [b"0"]
    assert (await client.ask(wire.subscribe(("c", 1)))).body[2:] == b"\x80"
    await hoarder.close()
    await house.client("hoarder")
    assert (await client.ask(wire.subscribe(("c", 1)))).body[2:] == b"\x01"


@pytest.mark.limit("buffer_bytes")
async def test_cut_off_when_it_adds_to_too_many_unfinished_packets(open_house: OpenHouse):
    house = await open_house(buffer_bytes=10_000)
    first, second = await house.client("a"), await house.client("b")
    first.send(wire.publish("x", bytes(9500))[:9000])
    await house.until(lambda: house.broker.stats.buffered_bytes == 9000)
    second.send(wire.publish("x", bytes(9500))[:9000])
    assert await second.until_closed() == []
    assert house.broker.stats.buffered_bytes == 9000
    first.send(wire.publish("x", bytes(9500))[9000:])
    assert await first.until_pong() == []
    assert house.broker.stats.buffered_bytes == 0


async def test_nothing_is_counted_when_everybody_has_gone(house: House):
    client = await house.client("c", ("a/+/#", 2), ("b", 1))
    for number in range(100):
        house.broker.publish("b", b"%d" % number)
    client.send(wire.publish("a/b", qos=2, packet_id=7), wire.publish("a/b", b"x")[:3])
    await house.until(lambda: house.broker.stats.session_bytes > 100 * MESSAGE_BYTES)
    await client.close()
    await house.until(lambda: house.broker.stats.connections == 0)
    assert house.broker.stats.session_bytes == house.broker.stats.buffered_bytes == 0


def test_limits_are_read_from_what_a_person_wrote():
    assert Limits.of({"connections": "5", "held": 7.0, "close_timeout": "0.5"}) == Limits(
        connections=5, held=7, close_timeout=0.5
    )


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"conections": 1}, "is 'connections' meant"),
        ({"held": "many"}, "the limit held takes a whole number, not 'many'"),
        ({"held": 0}, "held must be more than 0"),
    ],
)
def test_limits_that_are_wrong_say_how(values: dict[str, object], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        Limits.of(values)


async def test_nothing_is_counted_for_what_came_last_in_a_session(open_house: OpenHouse):
    class Closing(Recorder):
        def on_message(self, client: Client, message: Received) -> bool | None:
            client.close("enough")
            return HOLD if message.topic == "held" else None

    house = await open_house(Closing())
    for topic in ("held", "taken"):
        client = await house.client()
        client.send(wire.publish(topic, qos=2))
        await client.until_closed()
    await house.until(lambda: house.broker.stats.connections == 0)
    assert house.broker.stats.session_bytes == 0

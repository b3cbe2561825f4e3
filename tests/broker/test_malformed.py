"""Malformed input closes the connection, says why in the log, and harms nobody. A case for every rule."""

import logging

import pytest
from henge_mqtt import Broker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.broker import wire
from tests.broker.conftest import House
from tests.broker.wire import Wire, field, packet

BEFORE_CONNECT = {
    "not a CONNECT (3.1.0-1)": wire.publish("a"),
    "a ping first": wire.PINGREQ,
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "another protocol's name (3.1.2-1)": wire.connect(name="AMQP"),
    "reserved flag (3.1.2-3)": wire.connect(flags=0x01),
    "wrong fixed header flags (2.2.2-2)": b"\x11" + wire.connect()[1:],
    "will QoS without a will (3.1.2-13)": wire.connect(flags=0x08),
    "will retain without a will (3.1.2-15)": wire.connect(flags=0x20),
    "will QoS 3 (3.1.2-14)": wire.connect(will=("a", b"", 3, False)),
    "password without a user name (3.1.2-22)": wire.connect(password=b"x"),
    "user name announced and missing (3.1.2-19)": wire.connect(flags=0x80),
    "will announced and missing": wire.connect(flags=0x04),
    "will on a wildcard": wire.connect(will=("a/#", b"", 0, False)),
    "will on nothing": wire.connect(will=("", b"", 0, False)),
    "bytes after the last field": packet(0x10, wire.connect()[2:] + b"x"),
    "shorter than its fields": packet(0x10, wire.connect()[2:-1]),
    "no body": packet(0x10),
    "client id that is not UTF-8 (1.5.3-1)": wire.connect(b"\xff\xfe"),
    "client id with U+0000 (1.5.3-2)": wire.connect("a\0b"),
    "user name with a surrogate (1.5.3-1)": packet(
        0x10, wire.connect()[2:-4].replace(b"\x02", b"\x82") + field("") + field(b"\xed\xa0\x80")
    ),
    "over the limit for a CONNECT": packet(0x10, wire.connect(will=("a", bytes(20_000), 0, False))[3:]),
    "remaining length of five bytes (2.2.3)": b"\x10\x80\x80\x80\x80\x01",
}

AFTER_CONNECT = {
    "second CONNECT (3.1.0-2)": wire.connect(),
    "type 0": packet(0x00),
    "type 15": packet(0xF0),
    "CONNACK": packet(0x20, b"\0\0"),
    "SUBACK": packet(0x90, b"\0\1\0"),
    "UNSUBACK": packet(0xB0, b"\0\1"),
    "PINGRESP": packet(0xD0),
    "PUBREC without an id": packet(0x50, b"\0\0"),
    "PUBREL without its flag": packet(0x60, b"\0\1"),
    "PUBREL with DUP": packet(0x6A, b"\0\1"),
    "PUBCOMP with a body": packet(0x70, b"\0\1\0"),
    "QoS 3 (3.3.1-4)": wire.publish("a", qos=3),
    "DUP with QoS 0 (3.3.1-2)": b"\x38" + wire.publish("a")[1:],
    "publish to + (3.3.2-2)": wire.publish("a/+"),
    "publish to # (3.3.2-2)": wire.publish("#"),
    "publish to nothing (4.7.3-1)": wire.publish(""),
    "publish to what is not UTF-8 (3.3.2-1)": wire.publish(b"\xc3\x28"),
    "publish to an overlong encoding": wire.publish(b"\xc0\xaf"),
    "publish to U+0000 (4.7.3-2)": wire.publish("a\0"),
    "publish to a control character": wire.publish("a\x1f"),
    "publish to a non-character": wire.publish("a\uffff"),
    "publish to a topic over the length limit (4.7.3-3)": wire.publish("a" * 1025),
    "publish to a topic too deep": wire.publish("/" * 32),
    "publish with packet id 0 (2.3.1-1)": wire.publish("a", qos=1, packet_id=0),
    "publish without a packet id": packet(0x32, field("a")),
    "publish without a topic": packet(0x30, b"\0"),
    "publish shorter than its topic": packet(0x30, b"\0\x05abc"),
    "publish over the packet size": packet(0x30, field("a") + bytes(256 * 1024)),
    "announcing over the packet size": b"\x30\xff\xff\xff\x7f",
    "remaining length of five bytes (2.2.3)": b"\x30\xff\xff\xff\xff\x01",
    "PUBACK of one byte": packet(0x40, b"\1"),
    "PUBACK of three bytes": packet(0x40, b"\0\1\0"),
    "PUBACK of packet id 0": wire.puback(0),
    "PUBACK with flags (2.2.2-2)": packet(0x42, b"\0\1"),
    "SUBSCRIBE with wrong flags (3.8.1-1)": packet(0x80, b"\0\1" + field("a") + b"\0"),
    "SUBSCRIBE without a filter (3.8.3-3)": packet(0x82, b"\0\1"),
    "SUBSCRIBE with QoS 3 (3.8.3-4)": wire.subscribe(("a", 3)),
    "SUBSCRIBE with reserved bits (3.8.3-4)": wire.subscribe(("a", 4)),
    "SUBSCRIBE without a QoS": packet(0x82, b"\0\1" + field("a")),
    "SUBSCRIBE with packet id 0 (2.3.1-1)": wire.subscribe(("a", 0), packet_id=0),
    "SUBSCRIBE to nothing (4.7.3-1)": wire.subscribe(("", 0)),
    "SUBSCRIBE with # in the middle (4.7.1-2)": wire.subscribe(("a/#/b", 0)),
    "SUBSCRIBE with # in a level (4.7.1-2)": wire.subscribe(("a#", 0)),
    "SUBSCRIBE with + in a level (4.7.1-3)": wire.subscribe(("a+/b", 0)),
    "SUBSCRIBE to what is not UTF-8 (3.8.3-1)": wire.subscribe((b"\xff", 0)),
    "SUBSCRIBE to a filter too deep": wire.subscribe(("/" * 32, 0)),
    "UNSUBSCRIBE with wrong flags (3.10.1-1)": packet(0xA0, b"\0\1" + field("a")),
    "UNSUBSCRIBE without a filter (3.10.3-2)": packet(0xA2, b"\0\1"),
    "UNSUBSCRIBE with packet id 0 (2.3.1-1)": wire.unsubscribe("a", packet_id=0),
    "UNSUBSCRIBE shorter than its filter": packet(0xA2, b"\0\1\0\5a"),
    "PINGREQ with a body": packet(0xC0, b"x"),
    "PINGREQ with flags (2.2.2-2)": packet(0xC1),
    "DISCONNECT with a body": packet(0xE0, b"x"),
    "DISCONNECT with flags (3.14.1-1)": packet(0xE1),
}


@pytest.mark.parametrize("request_", BEFORE_CONNECT.values(), ids=list(BEFORE_CONNECT))
async def test_closed_before_connack_when_malformed(house: House, caplog, request_: bytes):
    caplog.set_level(logging.INFO)
    client = await house.open()
    client.send(request_)
    assert await client.until_closed() == []
    assert "malformed: " in caplog.text
    assert house.broker.stats.malformed == 1
    assert not house.hooks.presence


@pytest.mark.parametrize("request_", AFTER_CONNECT.values(), ids=list(AFTER_CONNECT))
async def test_closed_when_malformed_and_nobody_else_is(house: House, caplog, request_: bytes):
    caplog.set_level(logging.INFO)
    bystander = await house.client("bystander", ("#", 1))
    client = await house.client("culprit")
    client.send(wire.publish("good", b"x", qos=1) + request_ + wire.publish("after", qos=1))
    assert [answer.first for answer in await client.until_closed()] == [0x40]
    assert "client 'culprit' at 127.0.0.1:" in caplog.text
    assert "malformed: " in caplog.text
    assert house.hooks.presence[-1][2].startswith("malformed: ")
    assert [message.topic for message in await bystander.until_pong()] == ["good"]


PACKETS = st.sampled_from([*BEFORE_CONNECT.values(), *AFTER_CONNECT.values(), wire.subscribe(("#", 1)), wire.puback(1)])
GARBAGE = st.lists(st.one_of(st.binary(max_size=40), PACKETS), max_size=6).map(b"".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.sampled_from([b"", wire.connect("x"), wire.connect("x", clean=False)]), garbage=GARBAGE)
async def test_any_bytes_on_a_live_connection(before: bytes, garbage: bytes):
    broker = Broker()
    port = (await broker.listen("127.0.0.1", 0)).port
    bystander, culprit = await Wire.open(port), await Wire.open(port)
    await bystander.ask(wire.connect("bystander"))
    culprit.send(before, garbage)
    try:
        await culprit.sent()
    except ConnectionError:
        pass
    assert await bystander.until_pong() == []
    await culprit.close()
    await bystander.close()
    await broker.close()
    assert broker.stats.connections == broker.stats.hook_failures == 0
    assert broker.stats.connects == broker.stats.disconnects

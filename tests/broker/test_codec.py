"""Bytes to packets and back, for any bytes."""

import pytest
from henge_mqtt import Message, codec
from henge_mqtt.errors import Malformed
from henge_mqtt.limits import Limits
from henge_mqtt.topics import Topics
from hypothesis import given
from hypothesis import strategies as st

from tests.broker import wire

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


def bodies(data: bytes, limit: int = 300_000) -> list[tuple[int, bytes]]:
    return [(first, data[start:end]) for first, start, end in codec.frames(data, limit)]


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8), st.data())
def test_frames_are_found_wherever_the_stream_is_cut(packets, data):
    stream = b"".join(wire.packet(first, body) for first, body in packets)
    cut = data.draw(st.integers(0, len(stream)))
    found = bodies(stream[:cut])
    assert found == packets[: len(found)]
    rest = stream[sum(len(wire.packet(*packet)) for packet in found) :]
    if rest:
        needed = codec.frame_size(rest[: cut - (len(stream) - len(rest))])
        assert needed <= len(wire.packet(*packets[len(found)]))
    assert bodies(stream) == packets


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 200_000])
def test_frame_of_every_length_of_length(size: int):
    assert bodies(wire.packet(0x30, bytes(size))) == [(0x30, bytes(size))]


def test_limit_is_checked_before_the_body_has_come():
    with pytest.raises(Malformed, match="a packet of 16384 bytes; the limit is 1000"):
        bodies(b"\x30\x80\x80\x01", 1000)


@pytest.mark.spec("2.3.1-5")
@given(TEXTS.filter(bool), st.binary(max_size=20_000), st.integers(0, 65535), st.booleans())
def test_publish_reads_back_as_written(topic: str, payload: bytes, packet_id: int, retain: bool):
    first = (codec.PUBLISH_QOS1 if packet_id else codec.PUBLISH_QOS0) | retain
    packet = Message(topic, payload).packet(first, packet_id)
    assert packet == wire.publish(topic, payload, qos=bool(packet_id), retain=retain, packet_id=packet_id)
    ((first, body),) = bodies(packet)
    raw_topic, raw_id, raw_payload = codec.parse_publish(first, body, 0, len(body))
    assert (raw_topic.decode(), int.from_bytes(raw_id, "big"), raw_payload) == (topic, packet_id, payload)


@pytest.mark.spec("3.1.3-1")
@given(
    client_id=TEXTS,
    clean=st.booleans(),
    keep_alive=st.integers(0, 65535),
    will=st.none() | st.tuples(TEXTS, st.binary(max_size=99), st.integers(0, 2), st.booleans()),
    user=st.none() | st.tuples(TEXTS, st.none() | st.binary(max_size=99)),
)
def test_connect_reads_back_as_written(client_id, clean, keep_alive, will, user):
    username, password = user or (None, None)
    packet = wire.connect(
        client_id, clean=clean, keep_alive=keep_alive, will=will, username=username, password=password
    )
    ((_, body),) = bodies(packet)
    expected_will = codec.Will(will[0].encode(), *will[1:]) if will else None
    assert codec.parse_connect(body, 0, len(body)) == (client_id, clean, keep_alive, expected_will, username, password)


PARSERS = [
    codec.parse_connect,
    codec.parse_packet_id,
    codec.parse_subscribe,
    codec.parse_unsubscribe,
    lambda data, start, end: codec.parse_publish(0x30, data, start, end),
    lambda data, start, end: codec.parse_publish(0x32, data, start, end),
]


@pytest.mark.parametrize("parse", PARSERS)
@given(body=st.binary(max_size=60))
def test_any_body_is_read_or_malformed(parse, body: bytes):
    try:
        parse(b"\xaa\xbb" + body + b"\xcc", 2, 2 + len(body))
    except Malformed:
        pass


@given(st.binary(max_size=30))
def test_any_name_is_read_or_malformed(raw: bytes):
    topics = Topics(Limits())
    for read in (topics.name, topics.filter):
        try:
            assert read(raw).encode() == raw == read(raw).encode()
        except Malformed:
            pass

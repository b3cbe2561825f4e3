"""Whatever a server sends, in pieces of any size: packets, or BadPacket; the same packets, whatever the pieces."""

from henge_agent import packets
from henge_agent.packets import BadPacket, Parser
from hypothesis import given, settings
from hypothesis import strategies as st

LIMIT = 200  # bytes: small, so that oversized packets are common

calm = settings(max_examples=200, deadline=None)
topics = st.text("abc/", max_size=10)
sound = st.one_of(
    st.builds(packets.publish, topics, st.binary(max_size=300), st.none() | st.integers(1, 65535), st.booleans()),
    st.builds(packets.puback, st.integers(1, 65535)),
    st.sampled_from([b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x80", b"\xd0\x00"]),
)
streams = st.lists(sound | st.binary(max_size=30), max_size=8).map(b"".join)


def parsed(stream: bytes, cuts: list[int]) -> list[tuple]:
    """The packets of a stream in pieces, and how it ended."""
    parser = Parser(LIMIT)
    found: list[tuple] = []
    try:
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            found += [(p.kind, p.flags, bytes(p.body), p.size) for p in parser.feed(stream[start:end])]
    except BadPacket:
        found.append(("bad",))
    return found


@calm
@given(streams, st.data())
def test_pieces_make_no_difference(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, pieces = parsed(stream, list(range(1, len(stream)))), parsed(stream, cuts)
    if whole[-1:] == [("bad",)]:  # in one piece, what came before the bad packet is lost with it
        assert pieces[-1] == ("bad",)
    else:
        assert pieces == whole


@calm
@given(streams)
def test_what_is_held_is_bounded_and_what_cannot_be_read_is_a_bad_packet(stream: bytes) -> None:
    parser = Parser(LIMIT)
    for read in (packets.read_message, packets.read_ack, packets.read_connack):
        try:
            for packet in parser.feed(stream):
                assert len(packet.body) <= LIMIT
                read(packet)
        except BadPacket:
            parser = Parser(LIMIT)

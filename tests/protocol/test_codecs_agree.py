"""small_cbor, cbor2 behind henge_protocol.cbor, and small_cbor on MicroPython: one behaviour, whatever comes in."""

import pytest
from henge_protocol import cbor, small_cbor
from henge_protocol.cbor import MAX_DEPTH, CborError
from hypothesis import example, given
from hypothesis import strategies as st

from tests.protocol.inputs import calm, payloads, strangers, values, wrapped


def outcome(act, *args):
    """What came out, or `refused`. Any exception but CborError is a failure."""
    try:
        return act(*args)
    except CborError:
        return "refused"


def recoded_by_small(data: bytes) -> object:
    return small_cbor.encode(small_cbor.decode(data, MAX_DEPTH), MAX_DEPTH)


def recoded_by_cbor2(data: bytes) -> object:
    return cbor.encode(cbor.decode(data))


def same(one: object, other: object) -> bool:
    """Equal in value and in type, all the way down; -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return repr(one) == repr(other)


@calm
@given(wrapped(values))
def test_a_value_has_one_encoding_whoever_writes_it(value):
    expected = outcome(small_cbor.encode, value, MAX_DEPTH)
    assert outcome(cbor.encode, value) == expected
    if expected != "refused":
        assert same(small_cbor.decode(expected, MAX_DEPTH), value)
        assert same(cbor.decode(expected), value)


@calm
@given(wrapped(strangers))
def test_a_value_is_refused_by_both_when_it_has_no_encoding(value):
    assert outcome(small_cbor.encode, value, MAX_DEPTH) == "refused"
    assert outcome(cbor.encode, value) == "refused"


@calm
@given(payloads)
@example(b"\xa2\x61a\x01\x61a\x02")
@example(b"\xa1\x80\x01")
@example(b"\x9b" + b"\xff" * 8)
@example(b"\xbb\x80" + bytes(7))
@example(b"\x81" * 2000)
@example(b"\xc2\x41\x01")
@example(b"\xd9\xd9\xf7\x01")
def test_bytes_mean_the_same_to_both_or_are_refused_by_both(data):
    expected = outcome(small_cbor.decode, data, MAX_DEPTH)
    assert same(outcome(cbor.decode, data), expected)


@pytest.mark.parametrize("head", range(256), ids=hex)
def test_each_first_byte_is_treated_alike_whatever_follows(head):
    for rest in (
        b"",
        b"\x00",
        b"\x01a\x01",
        b"\x18\x18",
        b"\x00" * 8,
        b"\xff" * 8,
        b"\x00" * 7 + b"\x01a",
        b"a\x01\xff",
    ):
        data = bytes([head]) + rest
        assert same(outcome(cbor.decode, data), outcome(small_cbor.decode, data, MAX_DEPTH)), data.hex()


@pytest.mark.parametrize(
    "inner", [b"\x00", b"\x41\x00", b"\x61\x30", b"\x80", b"\xa0", b"\xf9\x3c\x00", b"\xf6"], ids=bytes.hex
)
def test_every_tag_is_refused_whatever_it_tags(inner):
    for tag in range(1 << 16):
        with pytest.raises(CborError):
            cbor.decode(head_of_tag(tag) + inner)


def head_of_tag(tag: int) -> bytes:
    head = bytearray(small_cbor.encode(tag, 0))
    head[0] |= 0xC0
    return bytes(head)


@calm
@given(wrapped(values).filter(lambda value: outcome(cbor.encode, value) != "refused"))
def test_a_board_reads_and_writes_what_a_server_does(board, value):
    data = cbor.encode(value)
    assert board.ask("recode", data) == data.hex()


@calm
@given(payloads)
def test_a_board_refuses_what_a_server_refuses(board, data):
    expected = outcome(recoded_by_cbor2, data)
    assert board.ask("recode", data) == (expected.hex() if isinstance(expected, bytes) else expected)
    assert outcome(recoded_by_small, data) == expected


@calm
@given(wrapped(st.one_of(strangers.filter(lambda value: not isinstance(value, range)), values)))
def test_a_board_refuses_to_write_what_a_server_refuses_to_write(board, value):
    expected = outcome(cbor.encode, value)
    answer = board.ask("encode", repr(value).encode())
    if expected == "refused":
        assert answer == "refused"
    else:
        assert answer != "refused"


HEAVY = {
    "a list of nulls as long as the largest message": b"\x99\x3f\xfd" + b"\xf6" * 0x3FFD,
    "as many empty lists": b"\x99\x3f\xfd" + b"\x80" * 0x3FFD,
    "as many empty maps": b"\x99\x3f\xfd" + b"\xa0" * 0x3FFD,
    "lists of lists of empty maps": b"\x98\x40" + (b"\x98\xfe" + b"\xa0" * 0xFE) * 0x40,
    "a text as long": b"\x79\x3f\xfd" + b"a" * 0x3FFD,
    "a map of thousands": b"\xb9\x0d\x05" + b"".join(b"\x63%03x\xf6" % n for n in range(0xD05)),
    "a count of 2**64-1 items": b"\x9b" + b"\xff" * 8,
    "a thousand lists inside one another": b"\x81" * 1000 + b"\x00",
}


@pytest.mark.parametrize("data", HEAVY.values(), ids=HEAVY.keys())
def test_a_small_board_refuses_what_it_cannot_hold_and_goes_on(small_board, data):
    answer = small_board.ask("decode", data)
    assert answer in ("", "refused")
    assert answer == "refused" or outcome(cbor.decode, data) != "refused"
    assert small_board.ask("recode", b"\x01") == "01"

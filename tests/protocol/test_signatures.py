"""Signatures against the standard library's own, on both runtimes."""

import hashlib
import hmac
import struct

from henge_protocol import signing
from henge_protocol.topics import is_device_id
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.inputs import calm

keys = st.binary(max_size=200)
devices = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


def by_python(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


@calm
@given(keys, st.lists(st.binary(max_size=200), max_size=4))
def test_hmac_is_pythons_hmac_whatever_the_key_and_the_parts(board, key, parts):
    expected = by_python(key, b"".join(parts))
    assert signing.hmac_sha256(key, *parts) == expected
    assert board.ask("hmac", struct.pack(">H", len(key)) + key + b"".join(parts)) == expected.hex()


@calm
@given(keys, devices, st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1), st.binary(max_size=300))
def test_a_signature_covers_the_layout_that_the_page_describes(key, device, epoch, rev, doc):
    signed = b"config\0" + device.encode() + b"\0" + struct.pack(">IQ", epoch, rev) + doc
    assert signing.config_mac(key, device, epoch, rev, doc) == by_python(key, signed)
    assert signing.document_digest(key, doc) == by_python(key, b"digest\0" + doc)[:16]
    assert signing.sealing_key(key) == by_python(key, b"seal\0")


@calm
@given(st.binary(max_size=9), st.binary(max_size=9))
def test_equal_is_equality(one, other):
    assert signing.equal(one, other) == (one == other)
    assert signing.equal(one, bytes(one))


@calm
@given(devices)
def test_a_device_id_has_no_byte_that_ends_it_within_the_layout(device):
    assert is_device_id(device)
    assert b"\0" not in device.encode()

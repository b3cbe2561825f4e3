"""CBOR as henge's messages use it (RFC 8949): the same bytes and the same refusals on every runtime.

The work is done by cbor2 where it is installed, by `small_cbor` where it is not (boards). Refused on both, in both
directions: tags, undefined and other simple values, NaN and infinity, map keys that are not text, more than MAX_DEPTH
containers inside one another; and when reading: trailing bytes, duplicate keys, indefinite lengths, text that
is not UTF-8.
"""

from henge_protocol.small_cbor import CborError as CborError

try:
    from henge_protocol import full_cbor as _codec
except ImportError:  # a board
    from henge_protocol import small_cbor as _codec

# Containers inside one another. Bounds the recursion on a board's stack of a few kilobytes.
MAX_DEPTH = 8


def encode(value: object) -> bytes:
    """`value` in deterministic encoding (RFC 8949, section 4.2.1). Raises CborError for what has no place here."""
    return _codec.encode(value, MAX_DEPTH)


def decode(data: "bytes | bytearray | memoryview", in_place: bool = False) -> object:
    """The one item that fills `data`. Raises CborError for everything else.

    `in_place`: where memory is short, byte strings may be memoryviews on `data`.
    """
    return _codec.decode(data, MAX_DEPTH, in_place)

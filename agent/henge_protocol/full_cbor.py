"""The side of `henge_protocol.cbor` that servers use: cbor2, and what it would let pass. Import fails without cbor2."""

import io

import cbor2

from henge_protocol.small_cbor import CborError


def encode(value: object, max_depth: int) -> bytes:
    """`value` as bytes. Raises CborError for a type, a number or a depth that is not allowed."""
    _check(value, max_depth)
    return cbor2.dumps(value, canonical=True)


def decode(data: "bytes | bytearray | memoryview", max_depth: int, in_place: bool = False) -> object:
    """The one item that fills `data`, byte strings always as bytes. Raises CborError for anything else."""
    source = io.BytesIO(bytes(data))
    try:
        value = cbor2.CBORDecoder(
            source,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=max_depth + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        ).decode()
    except CborError:
        raise
    except (cbor2.CBORError, ValueError, OverflowError, MemoryError) as error:
        raise CborError(str(error))
    if source.tell() != len(data):
        raise CborError("bytes are left over after the item")
    _check(value, max_depth)
    return value


def _refuse_tag(decoder: object, *_: object) -> object:
    raise CborError("tags are not used here")


# Every tag that cbor2 would turn into an object by itself; the rest go to its tag_hook.
_NO_TAGS: dict = dict.fromkeys(
    (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799), _refuse_tag
)

_LOWEST, _HIGHEST = -(1 << 64), (1 << 64) - 1
_INFINITY = float("inf")


def _check(value: object, depth: int) -> None:
    """Raises CborError where `value` holds anything that `small_cbor` refuses."""
    if value is None or isinstance(value, (bool, bytes)):
        return
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value)
    elif isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise CborError("a number over 64 bits")
    elif isinstance(value, float):
        if value != value or value in (_INFINITY, -_INFINITY):
            raise CborError("NaN and infinity have no place here")
    elif isinstance(value, (list, tuple)):
        _check_depth(depth)
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, dict):
        _check_depth(depth)
        for key, item in value.items():
            if not isinstance(key, str):
                raise CborError("a map key that is not text")
            _check(key, 0)
            _check(item, depth - 1)
    else:
        raise CborError("no encoding for " + type(value).__name__)


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeError:
        raise CborError("text that is not Unicode")


def _check_depth(depth: int) -> None:
    if not depth:
        raise CborError("nested too deep")

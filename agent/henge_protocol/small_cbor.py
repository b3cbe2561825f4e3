"""A small CBOR codec (RFC 8949) for boards: what henge's messages need and nothing more.

It knows None, bool, int (64 bits and a sign), finite float, text, bytes, list, and dict with text keys. It writes
deterministic encoding (section 4.2.1) and reads any definite-length encoding of those. `henge_protocol.cbor` is the
door to it.
"""

import struct


class CborError(ValueError):
    """Bytes that are not exactly one item of the types above, or a value that has no such encoding."""


_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_FALSE, _TRUE, _NULL, _HALF, _SINGLE, _DOUBLE = 20, 21, 22, 25, 26, 27
_INFINITY = float("inf")


def encode(value: object, max_depth: int) -> bytes:
    """`value` as bytes. Raises CborError for a type, a number or a depth that is not allowed."""
    out = bytearray()
    _write(out, value, max_depth)
    return bytes(out)


def decode(data: "bytes | bytearray | memoryview", max_depth: int, in_place: bool = False) -> object:
    """The one item that fills `data`. Raises CborError for anything else, and MemoryError on a board: a hundred bytes
    may ask for a kilobyte of objects.

    `in_place`: byte strings are memoryviews on `data`, and take no memory of their own.
    """
    reader = _Reader(data, in_place)
    value = reader.item(max_depth)
    if reader.at != len(reader.data):
        raise CborError("bytes are left over after the item")
    return value


def _write(out: bytearray, value: object, depth: int) -> None:
    if value is None:
        out.append(_SIMPLE << 5 | _NULL)
    elif isinstance(value, bool):
        out.append(_SIMPLE << 5 | (_TRUE if value else _FALSE))
    elif isinstance(value, int):
        _write_int(out, value)
    elif isinstance(value, float):
        _write_float(out, value)
    elif isinstance(value, bytes):
        _write_head(out, _BYTES, len(value))
        out.extend(value)
    elif isinstance(value, str):
        _write_text(out, value)
    elif isinstance(value, (list, tuple)):
        _write_array(out, value, depth)
    elif isinstance(value, dict):
        _write_map(out, value, depth)
    else:
        raise CborError("no encoding for " + type(value).__name__)


def _write_head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            out.append(major << 5 | extra)
            out.extend(number.to_bytes(size, "big"))
            return
    raise CborError("a number over 64 bits")


def _write_int(out: bytearray, value: int) -> None:
    if value >= 0:
        _write_head(out, _UINT, value)
    else:
        _write_head(out, _NINT, -1 - value)


def _write_float(out: bytearray, value: float) -> None:
    if value != value or value in (_INFINITY, -_INFINITY):
        raise CborError("NaN and infinity have no place here")
    single = _pack_single(value)
    if single is None:
        out.append(_SIMPLE << 5 | _DOUBLE)
        out.extend(struct.pack(">d", value))
        return
    half = _half_of_single(struct.unpack(">I", single)[0])
    if half is None:
        out.append(_SIMPLE << 5 | _SINGLE)
        out.extend(single)
    else:
        out.append(_SIMPLE << 5 | _HALF)
        out.extend(half.to_bytes(2, "big"))


def _pack_single(value: float) -> "bytes | None":
    """The single that equals `value`; None where only a double does."""
    try:
        single = struct.pack(">f", value)
    except OverflowError:
        return None  # CPython raises; MicroPython gives infinity, which is unequal below
    return single if struct.unpack(">f", single)[0] == value else None


def _half_of_single(bits: int) -> "int | None":
    """The half that equals the finite single `bits`; None where there is none (RFC 8949 appendix D, backwards)."""
    sign, exponent, mantissa = bits >> 16 & 0x8000, bits >> 23 & 0xFF, bits & 0x7FFFFF
    if not exponent and not mantissa:
        return sign
    if 113 <= exponent <= 142:  # a normal half: bias 15 where a single has 127
        return None if mantissa & 0x1FFF else sign | (exponent - 112) << 10 | mantissa >> 13
    if 103 <= exponent <= 112:  # a subnormal half
        mantissa |= 0x800000
        shift = 126 - exponent
        return None if mantissa & ((1 << shift) - 1) else sign | mantissa >> shift
    return None


def _write_text(out: bytearray, value: str) -> None:
    try:
        data = value.encode()
    except UnicodeError:
        raise CborError("text that is not Unicode")
    _write_head(out, _TEXT, len(data))
    out.extend(data)


def _write_array(out: bytearray, value: "list | tuple", depth: int) -> None:
    if not depth:
        raise CborError("nested too deep")
    _write_head(out, _ARRAY, len(value))
    for item in value:
        _write(out, item, depth - 1)


def _write_map(out: bytearray, value: dict, depth: int) -> None:
    if not depth:
        raise CborError("nested too deep")
    _write_head(out, _MAP, len(value))
    entries = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise CborError("a map key that is not text")
        head = bytearray()
        _write_text(head, key)
        entries.append((bytes(head), item))
    entries.sort(key=lambda entry: entry[0])
    for head, item in entries:
        out.extend(head)
        _write(out, item, depth - 1)


class _Reader:
    def __init__(self, data: "bytes | bytearray | memoryview", in_place: bool) -> None:
        self.data = memoryview(data)
        self.in_place = in_place
        self.at = 0

    def item(self, depth: int) -> object:
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        if major == _SIMPLE:
            return self.simple(info)
        number = self.number(info)
        if major == _UINT:
            return number
        if major == _NINT:
            return -1 - number
        if major == _BYTES:
            return self.take(number) if self.in_place else bytes(self.take(number))
        if major == _TEXT:
            return self.text(number)
        if major == _TAG:
            raise CborError("tags are not used here")
        if not depth:
            raise CborError("nested too deep")
        return self.array(number, depth - 1) if major == _ARRAY else self.map(number, depth - 1)

    def take(self, count: int) -> memoryview:
        if count > len(self.data) - self.at:
            raise CborError("the data ends within an item")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise CborError("an indefinite length or a reserved head")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def simple(self, info: int) -> object:
        if info == _NULL:
            return None
        if info in (_FALSE, _TRUE):
            return info == _TRUE
        if info == _HALF:
            value = _half_to_float(int.from_bytes(self.take(2), "big"))
        elif info == _SINGLE:
            value = struct.unpack(">f", self.take(4))[0]
        elif info == _DOUBLE:
            value = struct.unpack(">d", self.take(8))[0]
        else:
            raise CborError("a simple value that is not used here")
        if value != value or value in (_INFINITY, -_INFINITY):
            raise CborError("NaN and infinity have no place here")
        return value

    def text(self, count: int) -> str:
        data = self.take(count)
        if not _is_utf8(data):
            raise CborError("text that is not UTF-8")
        return str(data, "utf-8")

    def array(self, count: int, depth: int) -> list:
        self.afford(count)
        return [self.item(depth) for _ in range(count)]

    def map(self, count: int, depth: int) -> dict:
        self.afford(2 * count)
        found = {}
        for _ in range(count):
            key = self.item(0)
            if not isinstance(key, str):
                raise CborError("a map key that is not text")
            if key in found:
                raise CborError("a map key that is there twice")
            found[key] = self.item(depth)
        return found

    def afford(self, items: int) -> None:
        """Refuses a count that the rest of the data cannot hold, before any memory is taken for it."""
        if items > len(self.data) - self.at:
            raise CborError("the data ends within an item")


def _half_to_float(bits: int) -> float:
    """Without a power of two in it: `2.0**-14` is a bit off where pow() is that of single floats."""
    exponent, mantissa = bits >> 10 & 31, bits & 0x3FF
    if exponent == 31:
        value = _INFINITY  # NaN too: both are refused by the caller
    elif exponent:
        value = struct.unpack(">f", ((exponent + 112) << 23 | mantissa << 13).to_bytes(4, "big"))[0]
    else:
        value = mantissa / 0x1000000
    return -value if bits & 0x8000 else value


def _is_utf8(data: memoryview) -> bool:
    """Whether `data` is UTF-8 as RFC 3629 has it. MicroPython's own decoder lets surrogates and overlong forms pass."""
    at, end = 0, len(data)
    while at < end:
        first = data[at]
        at += 1
        if first < 0x80:
            continue
        if not 0xC2 <= first <= 0xF4:
            return False
        tail = 1 if first < 0xE0 else 2 if first < 0xF0 else 3
        if at + tail > end:
            return False
        low, high = _SECOND_BYTE.get(first, (0x80, 0xBF))
        if not low <= data[at] <= high:
            return False
        for follower in data[at + 1 : at + tail]:
            if follower & 0xC0 != 0x80:
                return False
        at += tail
    return True


# First bytes after which the second byte is bound tighter than 0x80..0xBF (RFC 3629, section 4).
_SECOND_BYTE = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}

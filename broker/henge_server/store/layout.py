"""Layout: which key each record has in the store, and its bytes.

One ordered map of bytes to bytes. A key is a letter, a slash and a name; numbers in keys are eight bytes big-endian, so
that the order of keys is the order of numbers. A value is the CBOR map of a record's fields: a field added later with a
default is read from old bytes as that default. Nothing here touches a disk.
"""

from typing import Any, TypeVar

import cbor2
from pydantic import BaseModel

from henge_server.errors import StoreUnavailable
from henge_server.models import (
    Announcement,
    Command,
    Device,
    KeyCheck,
    Observed,
    Outcome,
    Record,
    Revision,
    Schema,
    Token,
    Tombstone,
)
from henge_server.store import COMMANDS_KEPT

# Counts up when an older server could no longer read what this one writes. 2: commands, announcements and changes about
# them. What a store of a lower format holds is read as it stands.
FORMAT = 2

META = b"meta"  # {"format", "epoch"}
KEY_CHECK = b"key"
COMMANDS = b"c/"
DEVICES = b"d/"
OBSERVED = b"o/"
OUTCOMES = b"p/"
ANNOUNCEMENTS = b"n/"
REVISIONS = b"r/"
SCHEMAS = b"s/"
TOKENS = b"t/"
TOMBSTONES = b"x/"
FEED = b"f/"  # seq of the first change of a commit -> [time of the commit, [encoded change, ...]]
AUDIT = b"a/"  # number of the first entry of a commit -> [encoded entry, ...]

_NUMBER_BYTES = 8
_MAX_NUMBER = (1 << 8 * _NUMBER_BYTES) - 1

# Ends a name inside a key. No id and no schema name has a character this low, so `porch` never runs into `porch-2`.
_END = b"\x00"
_PAST_END = b"\x01"

RecordT = TypeVar("RecordT", bound=BaseModel)


def number(value: int) -> bytes:
    """A number as it stands in a key; what does not fit is taken for the nearest that does."""
    return min(max(value, 0), _MAX_NUMBER).to_bytes(_NUMBER_BYTES, "big")


def last_number(key: bytes) -> int:
    """The number that a key ends with."""
    return int.from_bytes(key[-_NUMBER_BYTES:], "big")


def device(device_id: str) -> bytes:
    return DEVICES + device_id.encode()


def tombstone(device_id: str) -> bytes:
    return TOMBSTONES + device_id.encode()


def observed(device_id: str) -> bytes:
    return OBSERVED + device_id.encode()


def _name(text: str) -> bytes:
    """A name inside a key. One that holds what ends a name is nobody's: it gets a byte that no UTF-8 has, so that it
    cannot be taken for the beginning of another one's keys.
    """
    return text.encode().replace(_END, b"\xff")


def revisions(device_id: str) -> bytes:
    """What the keys of a device's revisions begin with."""
    return REVISIONS + _name(device_id) + _END


def outcomes(device_id: str) -> bytes:
    """What the keys of a device's outcomes begin with."""
    return OUTCOMES + _name(device_id) + _END


def commands(device_id: str) -> bytes:
    """What the keys of a device's commands begin with."""
    return COMMANDS + _name(device_id) + _END


def command(device_id: str, value: int) -> bytes:
    """A ring: a new command takes the place of the one that is no longer kept."""
    return commands(device_id) + number(value % COMMANDS_KEPT)


def versions(schema: str) -> bytes:
    """What the keys of a schema's versions begin with."""
    return SCHEMAS + _name(schema) + _END


def past_versions(schema: str) -> bytes:
    """Above every version of a schema, below the next schema."""
    return SCHEMAS + _name(schema) + _PAST_END


def schema_name(key: bytes) -> str:
    return key[len(SCHEMAS) : -len(_END) - _NUMBER_BYTES].decode()


def announcement(caps: bytes) -> bytes:
    return ANNOUNCEMENTS + caps


def token(sha256: bytes) -> bytes:
    return TOKENS + sha256


def above(prefix: bytes) -> bytes:
    """The first key above all that begin with `prefix`."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def just_above(key: bytes) -> bytes:
    """The first key that can come after `key`."""
    return key + _END


def key_of(record: Record) -> bytes:
    """The key of a record. Raises TypeError for one that the store does not keep."""
    match record:
        case Announcement():
            return announcement(record.caps)
        case Command():
            return command(record.device, record.number)
        case Device():
            return device(record.id)
        case KeyCheck():
            return KEY_CHECK
        case Observed():
            return observed(record.device)
        case Outcome():
            return outcomes(record.device) + number(record.rev)
        case Revision():
            return revisions(record.device) + number(record.rev)
        case Schema():
            return versions(record.name) + number(record.version)
        case Tombstone():
            return tombstone(record.device)
        case Token():
            return token(record.sha256)
    raise TypeError(f"the store does not keep a {type(record).__name__}")


def encode(value: Any) -> bytes:
    """A record, or a list of records, or plain values."""
    if isinstance(value, BaseModel):
        value = value.__dict__  # several times faster than `model_dump`, and equal for records of plain fields
    return cbor2.dumps(value, default=_encode_nested)


def decode(kind: type[RecordT], value: bytes) -> RecordT:
    """Raises StoreUnavailable where the bytes are no such record: a fault of the disk, or of another program."""
    fields = decode_plain(value)
    try:
        return kind.model_validate(fields)
    except ValueError as error:
        raise StoreUnavailable(f"The store holds a {kind.__name__} that cannot be read: {error}") from error


def decode_plain(value: bytes) -> Any:
    """Raises StoreUnavailable where the bytes are no CBOR."""
    try:
        return cbor2.loads(value)
    except (cbor2.CBORDecodeError, ValueError) as error:
        raise StoreUnavailable(f"The store holds something that cannot be read: {error}") from error


def _encode_nested(encoder: cbor2.CBOREncoder, value: Any) -> None:
    if not isinstance(value, BaseModel):
        raise TypeError(f"a record holds a {type(value).__name__}, which the store cannot keep")
    encoder.encode(value.__dict__)

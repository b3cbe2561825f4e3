"""The messages between a server and a board, each a class with `encode()` and `decode()`.

A message is a CBOR map. Decoding checks every field and the size; a field that this version does not know is left out,
so that a newer peer can say more. Decoding raises BadMessage and nothing else.
"""

import hashlib

from henge_protocol import cbor, topics
from henge_protocol.errors import BadMessage
from henge_protocol.verdicts import MAX_DOCUMENT, is_key

# What became of a document.
APPLIED = "applied"  # stored and in use
REJECTED = "rejected"  # not taken; nothing was changed
TRIAL = "trial"  # in use on probation
CONFIRMED = "confirmed"  # in use, after its probation
ROLLED_BACK = "rolled_back"  # taken back; the one before it is in use again
STATES = (APPLIED, REJECTED, TRIAL, CONFIRMED, ROLLED_BACK)
FINAL_STATES = (APPLIED, REJECTED, CONFIRMED, ROLLED_BACK)

# The plain texts of the status topic.
ONLINE, OFFLINE, SLEEPING = "online", "offline", "sleeping"

COMMANDS = ("identify", "reboot", "describe", "read")

_MAX_TEXT = 1024  # characters in any one text of a message


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_uint(value: object, most: int = (1 << 64) - 1) -> bool:
    return _is_int(value) and 0 <= value <= most  # type: ignore[operator]


def _is_uint32(value: object) -> bool:
    return _is_uint(value, (1 << 32) - 1)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT


def _is_scalar(value: object) -> bool:
    return isinstance(value, (bool, int, float, str))


def _are_values(value: object) -> bool:
    return isinstance(value, dict) and all(
        is_key(k) and (_is_scalar(v) or isinstance(v, bytes)) for k, v in value.items()
    )


def _are_readings(value: object) -> bool:
    return isinstance(value, dict) and all(is_key(k) and _is_scalar(v) for k, v in value.items())


def _are_errors(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(v, (list, tuple)) and len(v) == 2 and all(_is_text(t) for t in v) for v in value.values())


def _is_report(value: object) -> bool:
    try:
        Report.from_fields(value)
    except BadMessage:
        return False
    return True


# How a field of each kind is checked; sentences.py has what to say where it is not that.
_KINDS = {
    "int": _is_int,
    "uint": _is_uint,
    "uint32": _is_uint32,
    "text": _is_text,
    "bytes": lambda value: isinstance(value, (bytes, memoryview)),
    "bool": lambda value: isinstance(value, bool),
    "map": lambda value: isinstance(value, dict),
    "any": lambda value: True,
    "state": lambda value: isinstance(value, str) and value in STATES,
    "values": _are_values,
    "readings": _are_readings,
    "errors": _are_errors,
    "report": _is_report,
}


def what_is_wrong(kind: str, value: object) -> str:
    """What a field of this kind should be; empty where the value is that."""
    may_be_null = kind[-1] == "?"
    kind = kind.rstrip("?")
    if _KINDS[kind](value) or (may_be_null and value is None):
        return ""
    try:
        from henge_protocol.sentences import FIELDS  # on a board for a moment, as henge_agent/passing.py says

        return FIELDS[kind] + (" or null" if may_be_null else "")
    except (MemoryError, OSError):  # that it is wrong has to be told all the same
        return kind


class Message:
    """A message whose fields are its attributes. `SHAPE` lists them, each with its kind; `?`: it may be null.

    It is a text, read anew each time: as tuples, the shapes of all messages would take 2 KiB of a board's heap.
    """

    NAME = ""
    MAX_BYTES = 0
    SHAPE = ""

    def __init__(self, **fields) -> None:
        for name, _ in self.shape():
            setattr(self, name, fields.pop(name, None))
        if fields:
            raise TypeError(self.NAME + " has no field " + ", ".join(fields))

    @classmethod
    def shape(cls) -> list:
        """The name and the kind of each field."""
        return [field.split(":") for field in cls.SHAPE.split()]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.fields() == other.fields()  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return self.NAME + repr(self.fields())

    def fields(self) -> dict:
        """The message as the map that travels."""
        return {name: getattr(self, name) for name, _ in self.shape()}

    def encode(self) -> bytes:
        """The payload. Raises BadMessage where a field is not what it should be or the whole is too large."""
        fields = self.fields()
        self._check(fields)
        try:
            data = cbor.encode(fields)
        except cbor.CborError as error:
            raise BadMessage("{}: {}".format(self.NAME, error))
        self.check_size(len(data))
        return data

    @classmethod
    def decode(cls, data: "bytes | bytearray | memoryview", in_place: bool = False):
        """The message in a payload. Raises BadMessage. `in_place`: bytes in it may be memoryviews on `data`."""
        cls.check_size(len(data))
        try:
            fields = cbor.decode(data, in_place)
        except cbor.CborError as error:
            raise BadMessage("{}: {}".format(cls.NAME, error))
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: object):
        """The message in an already decoded map. Raises BadMessage."""
        if not isinstance(fields, dict):
            raise BadMessage(cls.NAME + ": expected a map")
        known = {name: fields.get(name) for name, _ in cls.shape()}
        cls._check(known)
        return cls(**known)

    @classmethod
    def _check(cls, fields: dict) -> None:
        for name, kind in cls.shape():
            expected = what_is_wrong(kind, fields[name])
            if expected:
                raise BadMessage("{}: {} should be {}".format(cls.NAME, name, expected))

    @classmethod
    def check_size(cls, size: int) -> None:
        """Raises BadMessage where a payload is larger than its topic allows."""
        if size > cls.MAX_BYTES:
            raise BadMessage("{}: {} bytes; at most {}".format(cls.NAME, size, cls.MAX_BYTES))


class Desired(Message):
    """A signed document on its way to a board. `doc` is an encoded Document; `mac` is `signing.config_mac` of it."""

    NAME = "desired"
    MAX_BYTES = topics.MAX_BYTES[topics.DESIRED]
    SHAPE = "epoch:uint32 rev:uint doc:bytes mac:bytes"
    epoch: int
    rev: int
    doc: bytes
    mac: bytes


class Document(Message):
    """What a board should be: values under a schema version. A secret value is sealed bytes."""

    NAME = "document"
    MAX_BYTES = MAX_DOCUMENT
    SHAPE = "schema:text version:uint values:values"
    schema: str
    version: int
    values: dict


class Report(Message):
    """What became of a document. `errors` is {key: [code, text]}; (`boot`, `n`) orders the reports of one start."""

    NAME = "report"
    MAX_BYTES = topics.MAX_BYTES[topics.REPORT]
    SHAPE = "epoch:uint32 rev:uint state:state digest:bytes errors:errors boot:uint32 n:uint"
    epoch: int
    rev: int
    state: str
    digest: bytes
    errors: dict
    boot: int
    n: int


class Hello(Message):
    """Who a board is and what it has, first thing after every CONNACK.

    `last` is the map of a Report; `free` is bytes of heap; `caps` is `caps_of` what its firmware announces, empty where
    it announces nothing; `rssi` is in dBm.
    """

    NAME = "hello"
    MAX_BYTES = topics.MAX_BYTES[topics.HELLO]
    SHAPE = (
        "proto:uint uid:bytes agent:text board:text runtime:text caps:bytes epoch:uint32 rev:uint "
        "digest:bytes last:report? boot:uint32 reset:text free:uint sleep_s:uint? found:text? rssi:int? "
        "safe:bool?"
    )
    proto: int
    uid: bytes
    agent: str
    board: str
    runtime: str
    caps: bytes
    epoch: int
    rev: int
    digest: bytes
    last: "dict | None"
    boot: int
    reset: str
    free: int
    sleep_s: "int | None"
    found: "str | None"
    rssi: "int | None"
    safe: "bool | None"


class Telemetry(Message):
    """Readings taken together. `t` is milliseconds since the start `boot`; `v` is {name: number, text or bool}."""

    NAME = "telemetry"
    MAX_BYTES = topics.MAX_BYTES[topics.TELEMETRY]
    SHAPE = "boot:uint32 t:uint v:readings"
    boot: int
    t: int
    v: dict


class Log(Message):
    """One log line. `level` is debug, info, warning or error."""

    NAME = "log"
    MAX_BYTES = topics.MAX_BYTES[topics.LOG]
    SHAPE = "boot:uint32 t:uint level:text text:text"
    boot: int
    t: int
    level: str
    text: str


class Command(Message):
    """Something to do once. A board answers an `id` once and repeats the answer."""

    NAME = "command"
    MAX_BYTES = topics.MAX_BYTES[topics.COMMAND]
    SHAPE = "id:text name:text args:map"
    id: str
    name: str
    args: dict


class Result(Message):
    """The outcome of a command; `data` is what it found, or why it failed."""

    NAME = "result"
    MAX_BYTES = topics.MAX_BYTES[topics.RESULT]
    SHAPE = "id:text ok:bool data:any"
    id: str
    ok: bool
    data: object


class Announcement(Message):
    """What a board's firmware can be told, on the schema topic: {key: declaration}, as `schema.parse` takes it."""

    NAME = "schema"
    MAX_BYTES = topics.MAX_BYTES[topics.SCHEMA]
    SHAPE = "settings:map"
    settings: dict


def caps_of(announcement: bytes) -> bytes:
    """The 16 bytes by which an encoded Announcement is known: `caps` of a hello."""
    return hashlib.sha256(announcement).digest()[:16]

"""The messages between a server and a board, each a class with `encode()` and `decode()`.

A message is a CBOR map. Decoding checks every field and the size; a field that this version does not know is left out,
so that a newer peer can say more. Decoding raises BadMessage and nothing else.
"""

import hashlib

from henge_protocol import cbor, topics
from henge_protocol.errors import BadMessage
from henge_protocol.verdicts import MAX_DOCUMENT, is_key

# What became of a document; the sentences are for people.
APPLIED = "applied"
REJECTED = "rejected"
TRIAL = "trial"
CONFIRMED = "confirmed"
ROLLED_BACK = "rolled_back"
STATES = {
    APPLIED: "stored and in use",
    REJECTED: "not taken; nothing was changed",
    TRIAL: "in use on probation",
    CONFIRMED: "in use, after its probation",
    ROLLED_BACK: "taken back; the one before it is in use again",
}
FINAL_STATES = (APPLIED, REJECTED, CONFIRMED, ROLLED_BACK)

# The plain texts of the status topic.
ONLINE, OFFLINE, SLEEPING = "online", "offline", "sleeping"

COMMANDS = ("identify", "reboot", "describe", "read")

_MAX_TEXT = 1024  # characters in any one text of a message
_UINT32 = (1 << 32) - 1
_UINT64 = (1 << 64) - 1


def _is_uint(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _UINT64


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_uint32(value: object) -> bool:
    return _is_uint(value) and value <= _UINT32  # type: ignore[operator]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_map(value: object) -> bool:
    return isinstance(value, dict)


def _is_anything(value: object) -> bool:
    return True


def _is_state(value: object) -> bool:
    return isinstance(value, str) and value in STATES


def _is_scalar(value: object) -> bool:
    return isinstance(value, (bool, int, float, str))


def _are_values(value: object) -> bool:
    return isinstance(value, dict) and all(is_key(k) and (_is_scalar(v) or _is_bytes(v)) for k, v in value.items())


def _are_readings(value: object) -> bool:
    return isinstance(value, dict) and all(is_key(k) and _is_scalar(v) for k, v in value.items())


def _are_errors(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(v, (list, tuple)) and len(v) == 2 and all(_is_text(t) for t in v) for v in value.values())


def _or_none(check):
    return lambda value: value is None or check(value)


class Message:
    """A message whose fields are its attributes. `SHAPE` lists them: name, check, what to say when the check fails."""

    NAME = ""
    MAX_BYTES = 0
    SHAPE: tuple = ()

    def __init__(self, **fields) -> None:
        for name, _, _ in self.SHAPE:
            setattr(self, name, fields.pop(name, None))
        if fields:
            raise TypeError(self.NAME + " has no field " + ", ".join(fields))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.fields() == other.fields()  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return self.NAME + repr(self.fields())

    def fields(self) -> dict:
        """The message as the map that travels."""
        return {name: getattr(self, name) for name, _, _ in self.SHAPE}

    def encode(self) -> bytes:
        """The payload. Raises BadMessage where a field is not what it should be or the whole is too large."""
        fields = self.fields()
        self._check(fields)
        try:
            data = cbor.encode(fields)
        except cbor.CborError as error:
            raise BadMessage("{}: {}".format(self.NAME, error))
        self._check_size(len(data))
        return data

    @classmethod
    def decode(cls, data: "bytes | bytearray | memoryview"):
        """The message in a payload. Raises BadMessage."""
        cls._check_size(len(data))
        try:
            fields = cbor.decode(data)
        except cbor.CborError as error:
            raise BadMessage("{}: {}".format(cls.NAME, error))
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: object):
        """The message in an already decoded map. Raises BadMessage."""
        if not isinstance(fields, dict):
            raise BadMessage(cls.NAME + ": expected a map")
        known = {name: fields.get(name) for name, _, _ in cls.SHAPE}
        cls._check(known)
        return cls(**known)

    @classmethod
    def _check(cls, fields: dict) -> None:
        for name, check, expected in cls.SHAPE:
            if not check(fields[name]):
                raise BadMessage("{}: {} should be {}".format(cls.NAME, name, expected))

    @classmethod
    def _check_size(cls, size: int) -> None:
        if size > cls.MAX_BYTES:
            raise BadMessage("{}: {} bytes; at most {}".format(cls.NAME, size, cls.MAX_BYTES))


class Desired(Message):
    """A signed document on its way to a board. `doc` is an encoded Document; `mac` is `signing.config_mac` of it."""

    NAME = "desired"
    MAX_BYTES = topics.MAX_BYTES[topics.DESIRED]
    SHAPE = (
        ("epoch", _is_uint32, "a whole number of 32 bits"),
        ("rev", _is_uint, "a whole number"),
        ("doc", _is_bytes, "bytes"),
        ("mac", _is_bytes, "bytes"),
    )
    epoch: int
    rev: int
    doc: bytes
    mac: bytes


class Document(Message):
    """What a board should be: values under a schema version. A secret value is sealed bytes."""

    NAME = "document"
    MAX_BYTES = MAX_DOCUMENT
    SHAPE = (
        ("schema", _is_text, "a text"),
        ("version", _is_uint, "a whole number"),
        ("values", _are_values, "a map from setting keys to values"),
    )
    schema: str
    version: int
    values: dict


class Report(Message):
    """What became of a document. `errors` is {key: [code, text]}; (`boot`, `n`) orders the reports of one start."""

    NAME = "report"
    MAX_BYTES = topics.MAX_BYTES[topics.REPORT]
    SHAPE = (
        ("epoch", _is_uint32, "a whole number of 32 bits"),
        ("rev", _is_uint, "a whole number"),
        ("state", _is_state, "one of " + ", ".join(sorted(STATES))),
        ("digest", _is_bytes, "bytes"),
        ("errors", _are_errors, "a map from keys to [code, text]"),
        ("boot", _is_uint32, "a whole number of 32 bits"),
        ("n", _is_uint, "a whole number"),
    )
    epoch: int
    rev: int
    state: str
    digest: bytes
    errors: dict
    boot: int
    n: int


def _is_report(value: object) -> bool:
    try:
        Report.from_fields(value)
    except BadMessage:
        return False
    return True


class Hello(Message):
    """Who a board is and what it has, first thing after every CONNACK.

    `last` is the map of a Report; `free` is bytes of heap; `caps` is `caps_of` what its firmware announces, empty where
    it announces nothing; `rssi` is in dBm.
    """

    NAME = "hello"
    MAX_BYTES = topics.MAX_BYTES[topics.HELLO]
    SHAPE = (
        ("proto", _is_uint, "a whole number"),
        ("uid", _is_bytes, "bytes"),
        ("agent", _is_text, "a text"),
        ("board", _is_text, "a text"),
        ("runtime", _is_text, "a text"),
        ("caps", _is_bytes, "bytes"),
        ("epoch", _is_uint32, "a whole number of 32 bits"),
        ("rev", _is_uint, "a whole number"),
        ("digest", _is_bytes, "bytes"),
        ("last", _or_none(_is_report), "a report or null"),
        ("boot", _is_uint32, "a whole number of 32 bits"),
        ("reset", _is_text, "a text"),
        ("free", _is_uint, "a number of bytes"),
        ("sleep_s", _or_none(_is_uint), "a number of seconds or null"),
        ("found", _or_none(_is_text), "a text or null"),
        ("rssi", _or_none(_is_int), "a whole number or null"),
        ("safe", _or_none(_is_bool), "true, false or null"),
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
    SHAPE = (
        ("boot", _is_uint32, "a whole number of 32 bits"),
        ("t", _is_uint, "a number of milliseconds"),
        ("v", _are_readings, "a map from names to numbers, texts or bools"),
    )
    boot: int
    t: int
    v: dict


class StoredReading(Message):
    """Readings that a sleeping device kept: `age` milliseconds old when they were sent."""

    NAME = "telemetry"
    MAX_BYTES = topics.MAX_BYTES[topics.TELEMETRY]
    SHAPE = (
        ("age", _is_uint, "a number of milliseconds"),
        ("v", _are_readings, "a map from names to numbers, texts or bools"),
    )
    age: int
    v: dict


def decode_telemetry(data: "bytes | bytearray | memoryview") -> list:
    """A telemetry payload as a list of Telemetry or StoredReading. Raises BadMessage."""
    Telemetry._check_size(len(data))
    try:
        found = cbor.decode(data)
    except cbor.CborError as error:
        raise BadMessage("telemetry: " + str(error))
    if isinstance(found, list):
        return [StoredReading.from_fields(entry) for entry in found]
    return [Telemetry.from_fields(found)]


class Log(Message):
    """One log line. `level` is debug, info, warning or error."""

    NAME = "log"
    MAX_BYTES = topics.MAX_BYTES[topics.LOG]
    SHAPE = (
        ("boot", _is_uint32, "a whole number of 32 bits"),
        ("t", _is_uint, "a number of milliseconds"),
        ("level", _is_text, "a text"),
        ("text", _is_text, "a text"),
    )
    boot: int
    t: int
    level: str
    text: str


class Command(Message):
    """Something to do once. A board answers an `id` once and repeats the answer."""

    NAME = "command"
    MAX_BYTES = topics.MAX_BYTES[topics.COMMAND]
    SHAPE = (
        ("id", _is_text, "a text"),
        ("name", _is_text, "a text"),
        ("args", _is_map, "a map"),
    )
    id: str
    name: str
    args: dict


class Result(Message):
    """The outcome of a command; `data` is what it found, or why it failed."""

    NAME = "result"
    MAX_BYTES = topics.MAX_BYTES[topics.RESULT]
    SHAPE = (
        ("id", _is_text, "a text"),
        ("ok", _is_bool, "true or false"),
        ("data", _is_anything, "anything"),
    )
    id: str
    ok: bool
    data: object


class Announcement(Message):
    """What a board's firmware can be told, on the schema topic: {key: declaration}, as `schema.parse` takes it."""

    NAME = "schema"
    MAX_BYTES = topics.MAX_BYTES[topics.SCHEMA]
    SHAPE = (("settings", _is_map, "a map from keys to declarations"),)
    settings: dict


def caps_of(announcement: bytes) -> bytes:
    """The 16 bytes by which an encoded Announcement is known: `caps` of a hello."""
    return hashlib.sha256(announcement).digest()[:16]

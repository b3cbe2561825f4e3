"""The records that the server keeps: devices, schemas, revisions, what was heard of them, and who did what.

They are values: made once, stored, replaced by a new one, never changed. How they are laid out on disk is the store's
affair; how they look to a person is the API's. Times are whole milliseconds since 1970, UTC.
"""

from enum import StrEnum
from typing import Any

from henge_protocol.errors import BAD_MAC, DRIVER_FAILED, WHOLE_DOCUMENT
from henge_protocol.messages import FINAL_STATES, REJECTED, ROLLED_BACK
from pydantic import BaseModel, ConfigDict

Scalar = bool | int | float | str
Values = dict[str, Scalar | bytes]  # setting key -> value; bytes are a sealed secret


class Record(BaseModel):
    """Something that the store keeps."""

    model_config = ConfigDict(frozen=True)


class Credential(BaseModel):
    """What a device logs in with: the key generation, and the SHA-256 of its password (the password is random: no salt
    needed).
    """

    model_config = ConfigDict(frozen=True)

    generation: int
    password_sha256: bytes
    replaces: bool = False  # made for another board, which takes the place of the one before


class Device(Record):
    """A registered board. `version` counts its changes, from 1; the store refuses a version that does not follow the
    one it has.
    """

    id: str
    version: int
    name: str = ""
    labels: dict[str, str] = {}
    credential: Credential
    next_credential: Credential | None = None  # made by a rotation; replaces `credential` when it is first used
    created_at: int


class Schema(Record):
    """One immutable version of a schema. `settings` are declarations as `henge_protocol.schema.parse` takes them."""

    name: str
    version: int  # from 1, without gaps
    settings: dict[str, dict[str, Any]]
    digest: bytes  # SHA-256 of the settings' deterministic encoding: equal content is the same version
    at: int
    by: str


class Announcement(Record):
    """What a firmware declares that it can be told. One for all the devices that run it."""

    caps: bytes  # its digest, as a hello names it
    settings: dict[str, dict[str, Any]]  # declarations, in their normal form
    at: int


class Revision(Record):
    """One document of a device, as it was signed, and the device's own layer that it was made of.

    `rev` counts from 1 (or from where a deleted device of that name ended); the store refuses one that does not follow
    the newest.
    """

    device: str
    epoch: int
    rev: int
    schema_name: str  # "" for a device without a schema
    schema_version: int
    layer: Values
    generation: int  # of the key that signed it
    doc: bytes
    mac: bytes
    digest: bytes
    caps: bytes = b""  # of the firmware that it was made for; empty: one that announces nothing
    left_out: dict[
        str, list[str]
    ] = {}  # key -> [code, text]: what that firmware cannot be told, and so is not in `doc`
    at: int
    by: str
    why: str

    @property
    def order(self) -> tuple[int, int]:
        """What a device compares: a higher one replaces a lower one."""
        return self.epoch, self.rev


class Outcome(Record):
    """What a device said became of one revision; a final word stays."""

    device: str
    rev: int
    epoch: int
    state: str  # of henge_protocol.messages.STATES
    digest: bytes
    errors: dict[str, list[str]] = {}
    at: int

    @property
    def is_decided(self) -> bool:
        """Whether whoever waits has an answer."""
        return self.state in FINAL_STATES

    @property
    def is_final(self) -> bool:
        """Whether it can never be another one.

        A signature that did not fit or a flash that failed says nothing of the document: it may be taken the next time.
        """
        passing = self.state == REJECTED and self.errors.get(WHOLE_DOCUMENT, [""])[0] in (BAD_MAC, DRIVER_FAILED)
        return self.is_decided and not passing

    @property
    def is_refusal(self) -> bool:
        """Whether the revision is never sent again: the device did not take it, or took it back."""
        return self.is_final and self.state in (REJECTED, ROLLED_BACK)


class Observed(Record):
    """What was last heard of a device: which document it runs, and who it said it is."""

    device: str
    epoch: int
    rev: int
    digest: bytes
    boot: int
    n: int  # of the last report in this boot; -1 before the first
    reported_rev: int = 0  # that the last report was about; 0 before the first
    uid: bytes = b""
    agent: str = ""
    board: str = ""
    runtime: str = ""
    reset: str = ""
    free: int = 0
    caps: bytes = b""  # the digest of what its firmware announces; empty: nothing
    found: str = ""  # what the check of its flash found damaged when it started
    rssi: int | None = None  # dBm
    safe: bool = False  # it runs without its drivers, after crashes
    ahead: bool = False  # it has a document that this server does not know; held until a person decides
    at: int


class CommandState(StrEnum):
    WAITING = "waiting"  # for its device to be connected
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"  # the device says that it could not
    EXPIRED = "expired"  # its time was over before an answer came


class Command(Record):
    """Something that a device is to do once, and what came of it. `version` counts its changes, from 1.

    `number` counts up per device; only the newest few are kept.
    """

    device: str
    number: int  # from 1
    version: int
    id: str  # on the wire; never given to another command
    name: str  # of henge_protocol.messages.COMMANDS
    args: dict[str, Any] = {}
    state: CommandState = CommandState.WAITING
    at: int
    by: str
    expires_at: int
    sent_at: int | None = None
    boot: int | None = None  # the device's start that it was first sent to
    finished_at: int | None = None
    result: Any = None  # what the device found, or why it could not: of CBOR's types

    @property
    def is_unanswered(self) -> bool:
        return self.state in (CommandState.WAITING, CommandState.SENT)

    def is_open(self, now: int) -> bool:
        """Whether an answer is still waited for."""
        return self.is_unanswered and now < self.expires_at


class Tombstone(Record):
    """What a deleted device leaves behind, so that a new one of that name counts on from there."""

    device: str
    rev: int
    generation: int


class Token(Record):
    """A bearer token of the API, known by the SHA-256 of its text."""

    sha256: bytes
    name: str
    at: int


class KeyCheck(Record):
    """Tells the master key that signs what is in the store from every other one, without giving it away."""

    value: bytes


class AuditEntry(Record):
    """Who did what to which thing. Written in the same transaction as the thing."""

    at: int
    by: str
    action: str  # noun.verb: "device.add", "config.set"
    target: str
    detail: dict[str, Any] = {}


class ChangeKind(StrEnum):
    DEVICE_ADDED = "device.added"
    DEVICE_CHANGED = "device.changed"
    DEVICE_REMOVED = "device.removed"
    CONFIG_CHANGED = "config.changed"  # data: rev, keys, by, why
    REPORTED = "device.reported"  # data: rev, state, errors
    # A hello: data: board, agent, ahead, uid; uid_before where it was another board; found and safe where they are so.
    HEARD = "device.heard"
    COMMAND = "device.command"  # data: id, name, state, by; why where it failed
    ANNOUNCED = "device.announced"  # data: caps, settings (how many)
    SCHEMA_CHANGED = "schema.changed"  # data: name, version


class Change(BaseModel):
    """An entry of the change feed: that something changed, never the old value. `seq` is given by the store."""

    model_config = ConfigDict(frozen=True)

    seq: int = 0
    at: int
    kind: ChangeKind
    device: str = ""
    data: dict[str, Any] = {}

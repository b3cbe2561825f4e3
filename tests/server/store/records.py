"""Records as short as they can be, for scenarios about the store."""

from typing import Any

from henge_server.models import (
    AuditEntry,
    Change,
    ChangeKind,
    Command,
    Credential,
    Device,
    Observed,
    Outcome,
    Revision,
    Schema,
    Token,
)
from henge_server.store import Write

AT = 1_700_000_000_000


def device(device_id: str = "porch", version: int = 1, **fields: Any) -> Device:
    credential = Credential(generation=1, password_sha256=b"p" * 32)
    return Device(id=device_id, version=version, credential=credential, created_at=AT, **fields)


def revision(device_id: str = "porch", rev: int = 1) -> Revision:
    return Revision(
        device=device_id,
        epoch=7,
        rev=rev,
        schema_name="lamp",
        schema_version=1,
        layer={"led.on": True, "led.brightness": 60, "gain": 0.5, "wifi.key": b"sealed", "led.color": "#ff8800"},
        generation=1,
        doc=b"doc %d" % rev,
        mac=b"m" * 32,
        digest=b"d" * 16,
        at=AT + rev,
        by="admin",
        why="",
    )


def schema(name: str = "lamp", version: int = 1) -> Schema:
    settings = {"led.on": {"type": "bool", "default": True}}
    return Schema(name=name, version=version, settings=settings, digest=b"s" * 32, at=AT, by="admin")


def outcome(device_id: str = "porch", rev: int = 1, state: str = "applied") -> Outcome:
    return Outcome(device=device_id, rev=rev, epoch=7, state=state, digest=b"d" * 16, at=AT)


def observed(device_id: str = "porch", rev: int = 1) -> Observed:
    return Observed(device=device_id, epoch=7, rev=rev, digest=b"d" * 16, boot=1, n=rev, at=AT)


def command(device_id: str = "porch", number: int = 1, version: int = 1, **fields: Any) -> Command:
    return Command(
        device=device_id,
        number=number,
        version=version,
        id=f"{number}-x",
        name="identify",
        at=AT,
        by="admin",
        expires_at=AT + 60_000,
        **fields,
    )


def token(number: int = 1, size: int = 10) -> Token:
    return Token(sha256=number.to_bytes(32, "big"), name="t" * size, at=AT)


def change(device_id: str = "porch", rev: int = 1) -> Change:
    return Change(at=AT, kind=ChangeKind.CONFIG_CHANGED, device=device_id, data={"rev": rev})


def entry(target: str = "porch", rev: int = 1) -> AuditEntry:
    return AuditEntry(at=AT, by="admin", action="config.set", target=target, detail={"rev": rev})


def added(device_id: str = "porch", rev: int = 1) -> Write:
    """A new device with its first revision."""
    return Write(puts=[device(device_id), revision(device_id, rev)], changes=[change(device_id, rev)])


def edited(device_id: str = "porch", rev: int = 2) -> Write:
    """A revision with what is said about it."""
    return Write([revision(device_id, rev)], changes=[change(device_id, rev)], audit=[entry(device_id, rev)])


def noted(number: int = 1) -> Write:
    """Nothing but a change."""
    return Write(changes=[change(rev=number)])

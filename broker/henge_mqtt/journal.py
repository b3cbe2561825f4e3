"""The broker's log of its clients: one line for each connection that is accepted, refused or closed, facts as fields.

A line's message says what happened; who, where and why are attributes of the log record (`extra`, named in `FIELDS`),
so that whoever formats it can write text or JSON. Lines of one kind are written at most `KEPT` times a minute and
counted beyond that: a flood of refusals must not fill the disk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from henge_mqtt import reasons

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

log = logging.getLogger("henge_mqtt")

FIELDS = ("client", "user", "address", "reason", "detail", "topic", "lasted_s", "more")
"""What a line may say besides its message: who, from where (`host:port`), why, what exactly, since when (seconds), and
how many more lines like it were left out."""

CONNECTED = "client connected"
REFUSED = "connection refused"
CLOSED = "connection closed"
FAILED = "hook failed"
FORGOTTEN = "session forgotten"

WINDOW_S = 60
"""How long lines of one kind are counted together, from the first one on."""

KEPT = 10
"""Lines of one kind that are written in a window. A client that comes and goes five times a minute is seen whole."""

KINDS = 20_000
"""Kinds told apart at a time, as many as there may be connections; lines of further ones are counted as one kind."""

LONGEST = 1024
"""Characters of a field: what a stranger sends may be as long as a CONNECT can be."""

_OTHERS = ("",)

Kind = tuple[str, ...]


class _Window:
    """What was written of one kind, and the last line that was not."""

    __slots__ = ("fields", "held_back", "level", "message", "until", "written")

    def __init__(self, until: int) -> None:
        self.until = until
        self.written = 0
        self.held_back = 0


class Journal:
    """Writes the lines. `turn` tells it the time, in whole seconds, and has it say what it left out."""

    def __init__(self, now: int, kinds: int = KINDS) -> None:
        self._now = now
        self._kinds = kinds
        self._windows: dict[Kind, _Window] = {}  # the oldest first

    def connected(self, connection: Connection) -> None:
        """A CONNECT was accepted."""
        if log.isEnabledFor(logging.INFO):
            self.write(logging.INFO, CONNECTED, (connection.id,), **_who(connection))

    def refused(self, address: str, reason: str, detail: str = "", **who: Any) -> None:
        """A connection ends before it has a session."""
        level = logging.INFO if reason in reasons.ORDINARY else logging.WARNING
        if log.isEnabledFor(level):
            kind = (_host(address), reason)
            self.write(level, REFUSED, kind, **who, address=address, reason=reason, detail=detail)

    def closed(self, connection: Connection, reason: str, detail: str = "") -> None:
        """A connection ends; before its CONNECT was accepted, its address is all that is known of it."""
        level = logging.WARNING if reason in reasons.ALARMING else logging.INFO
        if log.isEnabledFor(level):
            self.write(level, CLOSED, _kind(connection, reason), **_end(connection, reason, detail))

    def failed(self, connection: Connection, detail: str) -> None:
        """The application failed, with the exception being handled: its traceback is part of the line. A connection
        that is open ends because of this.
        """
        message, kind = FAILED if connection.closed else CLOSED, _kind(connection, reasons.HOOK_FAILED)
        self.write(logging.ERROR, message, kind, trace=True, **_end(connection, reasons.HOOK_FAILED, detail))

    def forgotten(self, client_id: str, detail: str) -> None:
        """A session that was kept for a client that is away is kept no longer."""
        self.write(logging.WARNING, FORGOTTEN, (FORGOTTEN,), client=client_id, detail=detail)

    def forbidden(self, connection: Connection, message: str, topic: str, detail: str = "") -> None:
        """A client, which stays connected, wanted what it must not."""
        kind = (connection.id, message)
        self.write(logging.WARNING, message, kind, **_who(connection), topic=topic, detail=detail)

    def write(self, level: int, message: str, kind: Kind, *, trace: bool = False, **fields: Any) -> None:
        """A line, unless there were too many of its `kind`. Fields without a value are left out."""
        if not log.isEnabledFor(level):
            return
        window = self._windows.get(kind)
        if window is None:
            window = self._open(kind)
        if window.written < KEPT:
            window.written += 1
            log.log(level, message, extra=_given(fields), exc_info=trace)
        else:
            window.held_back += 1
            window.level, window.message, window.fields = level, message, fields

    def turn(self, now: int) -> None:
        """It is `now`: end the windows that are over, each with a line if it held lines back."""
        self._now = now
        while self._windows:
            kind, window = next(iter(self._windows.items()))
            if window.until > now:
                break
            del self._windows[kind]
            self._sum_up(window)

    def close(self) -> None:
        """Say what was left out so far."""
        for window in self._windows.values():
            self._sum_up(window)
        self._windows.clear()

    def _open(self, kind: Kind) -> _Window:
        if len(self._windows) >= self._kinds:
            kind = _OTHERS
        return self._windows.setdefault(kind, _Window(self._now + WINDOW_S))

    def _sum_up(self, window: _Window) -> None:
        if window.held_back:
            extra = _given(window.fields) | {"more": window.held_back}
            log.log(window.level, "%s, and more like it in the last minute", window.message, extra=extra)


def _who(connection: Connection) -> dict[str, Any]:
    return {"client": connection.id, "user": connection.username, "address": connection.address}


def _end(connection: Connection, reason: str, detail: str) -> dict[str, Any]:
    return {**_who(connection), "reason": reason, "detail": detail, "lasted_s": connection.lasted}


def _kind(connection: Connection, reason: str) -> Kind:
    """Whoever was let in is known by its client id; a stranger, who can make one up, by its host."""
    return (connection.id,) if connection.connected else (_host(connection.address), reason)


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that have a value; 0 is one."""
    return {
        name: value[:LONGEST] if isinstance(value, str) else value
        for name, value in fields.items()
        if value not in (None, "")
    }

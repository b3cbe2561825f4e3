"""Who has a session: every client id, and what the broker knows of one client. For people who look; read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection
    from henge_mqtt.session import Session
    from henge_mqtt.sessions import Sessions

PROTOCOL = "MQTT 3.1.1"
"""The only one that is spoken here."""


@dataclass(frozen=True, slots=True)
class Link:
    """A client's connection. Times are in seconds."""

    address: str
    username: str | None
    protocol: str
    tls: str
    """The version of TLS, as `TLSv1.3`; empty without."""
    keep_alive: int
    connected_for: float
    silent_for: float
    """Since anything came from it, true to two seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A client with a session; `link` is None while it is away."""

    client_id: str
    clean_session: bool
    subscriptions: dict[str, int]
    """Filter -> QoS."""
    in_flight: int
    """Messages that were sent to it and are not acknowledged."""
    waiting: int
    """Messages that have not been sent to it yet."""
    waiting_bytes: int
    """What keeping those takes, as the limits count it."""
    link: Link | None


class Roster:
    """A view of `sessions`; every answer is a copy."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._clock = clock

    def client_ids(self) -> list[str]:
        """All, in no order."""
        return list(self._sessions)

    def entry(self, client_id: str) -> Entry | None:
        """What is known of a client; None: it has no session."""
        session = self._sessions.find(client_id)
        return None if session is None else _entry(session, self._clock())


def _entry(session: Session, now: float) -> Entry:
    return Entry(
        client_id=session.client_id,
        clean_session=session.clean,
        subscriptions=dict(session.filters),
        in_flight=session.in_flight,
        waiting=session.waiting,
        waiting_bytes=session.waiting_bytes,
        link=None if session.connection is None else _link(session.connection, now),
    )


def _link(connection: Connection, now: float) -> Link:
    return Link(
        address=connection.address,
        username=connection.username,
        protocol=PROTOCOL,
        tls=connection.tls,
        keep_alive=connection.keep_alive,
        connected_for=now - connection.since,
        silent_for=min(now - connection.heard, now - connection.since),
    )

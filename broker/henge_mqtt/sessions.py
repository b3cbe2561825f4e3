"""All sessions by client id: opened at CONNECT, kept or forgotten when the connection ends (MQTT 3.1.1, 3.1.2.4).

In memory only; the number of those kept for clients that are away is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator

from henge_mqtt.journal import Journal
from henge_mqtt.limits import MESSAGE_BYTES, Limits
from henge_mqtt.session import Session
from henge_mqtt.stats import Stats
from henge_mqtt.subscriptions import Subscriptions


class Sessions:
    """The sessions, and which of them are away, the longest-gone first."""

    def __init__(self, limits: Limits, stats: Stats, subscriptions: Subscriptions, journal: Journal) -> None:
        self._limits = limits
        self._stats = stats
        self._subscriptions = subscriptions
        self._journal = journal
        self._sessions: dict[str, Session] = {}
        self._away: dict[str, Session] = {}

    def __iter__(self) -> Iterator[str]:
        """The client ids; not while sessions are opened or forgotten."""
        return iter(self._sessions)

    def find(self, client_id: str) -> Session | None:
        """A client's session, whether or not it is connected."""
        return self._sessions.get(client_id)

    def open(self, client_id: str, clean: bool) -> tuple[Session, bool]:
        """The session for a new connection, and whether it was there before (session present, 3.2.2.2).

        A clean session forgets what was there. The connection of the id, if there was one, has been closed.
        """
        session = self._sessions.get(client_id)
        if session is not None and not clean:
            self._away.pop(client_id, None)
            return session, True
        if session is not None:
            self.forget(session)
        session = self._sessions[client_id] = Session(client_id, clean, self._limits, self._stats)
        self._stats.sessions += 1
        return session, False

    def leave(self, session: Session) -> None:
        """The connection ended: keep a persistent session, forget a clean one."""
        session.connection = None
        if session.clean:
            self.forget(session)
            return
        self._away[session.client_id] = session
        if len(self._away) > self._limits.sessions:
            oldest = next(iter(self._away.values()))
            self._stats.reached["sessions"] += 1
            self._journal.forgotten(oldest.client_id, f"more than {self._limits.sessions} are away")
            self.forget(oldest)

    def forget(self, session: Session) -> None:
        """Remove a session and its subscriptions."""
        self._sessions.pop(session.client_id, None)
        self._away.pop(session.client_id, None)
        self._stats.sessions -= 1
        for topic_filter in list(session.filters):
            self.unsubscribe(session, topic_filter)
        session.clear()

    def subscribe(self, session: Session, topic_filter: str, qos: int) -> None:
        """Subscribe, or change the QoS of a subscription (3.8.4-3)."""
        if topic_filter not in session.filters:
            self._stats.subscriptions += 1
            self._stats.session_bytes += _size(topic_filter)
        session.filters[topic_filter] = qos
        self._subscriptions.add(topic_filter, session, qos)

    def unsubscribe(self, session: Session, topic_filter: str) -> None:
        """Unsubscribe; what was not subscribed is passed over (3.10.4-5)."""
        if session.filters.pop(topic_filter, None) is not None:
            self._stats.subscriptions -= 1
            self._stats.session_bytes -= _size(topic_filter)
            self._subscriptions.remove(topic_filter, session)


def _size(topic_filter: str) -> int:
    return len(topic_filter) + MESSAGE_BYTES * (1 + topic_filter.count("/"))  # each level of the trie costs

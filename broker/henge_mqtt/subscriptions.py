"""Who is subscribed to a topic: a dict for filters without wildcards, a trie for the others (MQTT 3.1.1 section 4.7).

It holds sessions as opaque keys and delivers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from henge_mqtt.topics import has_wildcard

if TYPE_CHECKING:
    from henge_mqtt.session import Session

REMEMBERED = 32_768
"""Topics whose receivers are kept once found, three for each of 10,000 boards; with more, all are forgotten."""

NOBODY: Mapping[Session, int] = {}


class _Level:
    """One level of the trie: deeper levels by name (`+` and `#` are names here), and who subscribed up to here."""

    __slots__ = ("deeper", "receivers")

    def __init__(self) -> None:
        self.deeper: dict[str, _Level] = {}
        self.receivers: dict[Session, int] = {}


class Subscriptions:
    """Filters of all sessions with the QoS granted to each."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[Session, int]] = {}
        self._wild = _Level()
        self._found: dict[str, Mapping[Session, int]] = {}

    def add(self, topic_filter: str, session: Session, qos: int) -> None:
        """Subscribe, or change the QoS of a subscription. `topic_filter` has been checked."""
        if has_wildcard(topic_filter):
            level = self._wild
            for name in topic_filter.split("/"):
                level = level.deeper.setdefault(name, _Level())
            level.receivers[session] = qos
            self._found.clear()
            return
        receivers = self._exact.get(topic_filter)
        if receivers is None:
            self._exact[topic_filter] = {session: qos}
        else:
            receivers[session] = qos
        self._found.pop(topic_filter, None)

    def remove(self, topic_filter: str, session: Session) -> None:
        """Unsubscribe; what was not subscribed is passed over."""
        if has_wildcard(topic_filter):
            self._remove_wild(topic_filter.split("/"), session)
            self._found.clear()
            return
        receivers = self._exact.get(topic_filter)
        if receivers is not None and receivers.pop(session, None) is not None and not receivers:
            del self._exact[topic_filter]
        self._found.pop(topic_filter, None)

    def match(self, topic: str) -> Mapping[Session, int]:
        """The sessions to deliver `topic` to, each once with the highest QoS of its matching filters (3.3.5-1).

        Valid until the next change; not to be changed.
        """
        if not self._wild.deeper:
            return self._exact.get(topic, NOBODY)
        found = self._found.get(topic)
        if found is None:
            found = self._search(topic)
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[topic] = found
        return found

    def _search(self, topic: str) -> Mapping[Session, int]:
        sources = [self._exact.get(topic, NOBODY), *_matching(self._wild, topic)]
        sources = [source for source in sources if source]
        if len(sources) < 2:  # no copy: when it changes, what was found is forgotten
            return sources[0] if sources else NOBODY
        found: dict[Session, int] = {}
        for source in sources:
            for session, qos in source.items():
                if qos >= found.get(session, 0):
                    found[session] = qos
        return found

    def _remove_wild(self, names: list[str], session: Session) -> None:
        path = [self._wild]
        for name in names:
            deeper = path[-1].deeper.get(name)
            if deeper is None:
                return
            path.append(deeper)
        path[-1].receivers.pop(session, None)
        while names and not path[-1].receivers and not path[-1].deeper:
            path.pop()
            del path[-1].deeper[names.pop()]


def _matching(root: _Level, topic: str) -> list[Mapping[Session, int]]:
    """The receivers at every filter of the trie that matches `topic`."""
    found: list[Mapping[Session, int]] = []
    levels = [root]
    wildcards = not topic.startswith("$")  # a wildcard at the start does not match $-topics (4.7.2-1)
    for name in topic.split("/"):
        deeper = []
        for level in levels:
            if (same := level.deeper.get(name)) is not None:
                deeper.append(same)
            if wildcards:
                if (one := level.deeper.get("+")) is not None:
                    deeper.append(one)
                if (rest := level.deeper.get("#")) is not None:
                    found.append(rest.receivers)
        levels = deeper
        wildcards = True
    for level in levels:
        found.append(level.receivers)
        if (rest := level.deeper.get("#")) is not None:  # "a/#" matches "a" too (4.7.1.2)
            found.append(rest.receivers)
    return found

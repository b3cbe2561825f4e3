"""The broker's own retained messages (MQTT 3.1.1 section 3.3.1.3): the last one per topic, found by name or by filter.

Bounded in number and bytes; in memory only.
"""

from __future__ import annotations

from typing import Any

from henge_mqtt.limits import MESSAGE_BYTES, Limits
from henge_mqtt.message import Message
from henge_mqtt.stats import Stats


class Retained:
    """The last retained message of each topic. A tree beside the dict keeps a narrow wildcard cheap in a wide table."""

    def __init__(self, limits: Limits, stats: Stats) -> None:
        self._limits = limits
        self._stats = stats
        self._messages: dict[str, Message] = {}
        # Level name -> deeper dict, or the message itself where nothing is deeper; None -> the message that ends here.
        self._tree: dict[Any, Any] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """What keeping them all takes, as the limit `retained_bytes` counts."""
        return self._bytes

    def keep(self, message: Message) -> bool:
        """Replace the topic's message; an empty payload removes it (3.3.1-10).

        False: the table is full, and now the topic has none.
        """
        if type(message) is not Message:  # keep nothing of where it came from
            message = Message(message.topic, message.payload, message.qos, True)
        topic = message.topic
        old = self._messages.get(topic)
        size = _size(message) if message.payload else 0
        grown = self._bytes + size - (_size(old) if old else 0)
        if message.payload and (limit := self._reached(old is None, grown)):
            self._stats.retained_dropped += 1
            self._stats.reached[limit] += 1
            if old:  # an old message must not pass for the last one (3.3.1-7)
                self.keep(Message(topic, b""))
            return False
        self._bytes = grown
        if message.payload:
            self._messages[topic] = message
            self._plant(topic, message)
        elif old:
            del self._messages[topic]
            self._uproot(topic)
        self._stats.retained = len(self._messages)
        return True

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is kept, not even a level of a topic that once was."""
        return not (self._messages or self._tree or self._bytes)

    def match(self, topic_filter: str) -> list[Message]:
        """The messages whose topics match a checked filter."""
        if "+" not in topic_filter and "#" not in topic_filter:
            message = self._messages.get(topic_filter)
            return [message] if message else []
        found: list[Message] = []
        names = topic_filter.split("/")
        if names[0] in ("+", "#"):  # a wildcard at the start does not match $-topics (4.7.2-1)
            tree = {name: deeper for name, deeper in self._tree.items() if not name.startswith("$")}
            _collect(tree, names, 0, found)
        else:
            _collect(self._tree, names, 0, found)
        return found

    def _reached(self, is_new: bool, grown: int) -> str:
        """The limit that keeping one more message would break, or ""."""
        if is_new and len(self._messages) >= self._limits.retained_messages:
            return "retained_messages"
        return "retained_bytes" if grown > self._limits.retained_bytes else ""

    def _plant(self, topic: str, message: Message) -> None:
        *above, last = topic.split("/")
        level: dict[Any, Any] = self._tree
        for name in above:
            deeper = level.get(name)
            if type(deeper) is not dict:
                deeper = level[name] = {} if deeper is None else {None: deeper}
            level = deeper
        if type(level.get(last)) is dict:
            level[last][None] = message
        else:
            level[last] = message

    def _uproot(self, topic: str) -> None:
        names = topic.split("/")
        path = [self._tree]
        for name in names[:-1]:
            path.append(path[-1][name])
        last = path[-1][names[-1]]
        if type(last) is dict:
            del last[None]
            path.append(last)
        else:
            del path[-1][names.pop()]
        while names and not path[-1]:
            path.pop()
            del path[-1][names.pop()]


def _size(message: Message) -> int:
    return message.size + MESSAGE_BYTES * message.topic.count("/")  # each level of the tree is a dict


def _collect(level: Any, names: list[str], depth: int, found: list[Message]) -> None:
    """Gather the messages at or below `level` that match names[depth:]. As deep as a filter may be: bounded."""
    if type(level) is not dict:  # a message, and nothing below it
        if depth == len(names) or names[depth] == "#":
            found.append(level)
    elif depth == len(names):
        if None in level:
            found.append(level[None])
    elif names[depth] == "#":
        _collect_all(level, found)
    elif names[depth] == "+":
        for name, deeper in level.items():
            if name is not None:
                _collect(deeper, names, depth + 1, found)
    elif (deeper := level.get(names[depth])) is not None:
        _collect(deeper, names, depth + 1, found)


def _collect_all(level: dict[Any, Any], found: list[Message]) -> None:
    for deeper in level.values():
        if type(deeper) is dict:
            _collect_all(deeper, found)
        else:
            found.append(deeper)

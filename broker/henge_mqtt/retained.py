"""The broker's own retained messages (MQTT 3.1.1 section 3.3.1.3): the last one per topic, found by name or by filter.

Bounded in number and bytes; in memory only.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from henge_mqtt.limits import MESSAGE_BYTES, Limits
from henge_mqtt.message import Message
from henge_mqtt.stats import Stats
from henge_mqtt.topics import has_wildcard

AT_ONCE = 1000
"""Levels and messages looked at in one turn of the event loop: about a millisecond."""


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
        if not has_wildcard(topic_filter):
            message = self._messages.get(topic_filter)
            return [message] if message else []
        search = _Search(self._tree, topic_filter)
        search.go_on(sys.maxsize)
        return search.found

    def is_long(self, topic_filter: str) -> bool:
        """Whether `match` could hold the event loop up, so that `search` is to be preferred."""
        return len(self._messages) > AT_ONCE and has_wildcard(topic_filter)

    async def search(self, topic_filter: str) -> list[Message]:
        """As `match`, in slices, between which others have their turn.

        What is published meanwhile is found where it stands already. Whoever subscribed before has been sent it.
        """
        search = _Search(self._tree, topic_filter)
        while not search.go_on(AT_ONCE):  # noqa: ASYNC110 - it waits for nothing, it gives way
            await asyncio.sleep(0)
        return [message for message in search.found if self._messages.get(message.topic) is message]

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


class _Search:
    """A walk through the tree, along every path that matches a filter, that can be interrupted."""

    def __init__(self, tree: dict[Any, Any], topic_filter: str) -> None:
        self._names = topic_filter.split("/")
        if self._names[0] in ("+", "#"):  # a wildcard at the start does not match $-topics (4.7.2-1)
            tree = {name: deeper for name, deeper in tree.items() if not name.startswith("$")}
        self._ahead: list[tuple[Any, int]] = [(tree, 0)]  # a level or a message, and how many names lead to it
        self.found: list[Message] = []

    def go_on(self, steps: int) -> bool:
        """Take so many steps at most; True: that was all."""
        ahead, names = self._ahead, self._names
        while ahead and steps:
            steps -= 1
            level, depth = ahead.pop()
            name = names[depth] if depth < len(names) else None
            if type(level) is not dict:  # a message, and nothing below it
                if name is None or name == "#":
                    self.found.append(level)
            elif name == "#":
                ahead += [(deeper, depth) for deeper in level.values()]
            elif name == "+":
                ahead += [(deeper, depth + 1) for key, deeper in level.items() if key is not None]
            elif (deeper := level.get(name)) is not None:  # with None for a name, the message that ends here
                ahead.append((deeper, depth + 1))
        return not ahead

"""Topic names and filters: what is legal (MQTT 3.1.1 section 4.7), within the broker's own bounds on length and depth.

It says nothing about who may use them.
"""

from henge_mqtt import codec
from henge_mqtt.errors import Malformed, TooMuch
from henge_mqtt.limits import Limits

REMEMBERED = 32_768
"""Names kept decoded. A fleet's topics repeat; at 10,000 boards three of each fit. Some 8 MB when full."""

REMEMBERED_LENGTH = 128
"""Bytes of a name that is kept: bounds the memory that long ones could take."""


def has_wildcard(topic_filter: str) -> bool:
    """Whether a filter can match more than the topic of its own name (4.7.1)."""
    return "+" in topic_filter or "#" in topic_filter


class Topics:
    """Decodes and checks names and filters, and remembers names, since most have been seen before."""

    def __init__(self, limits: Limits) -> None:
        self._length = limits.topic_length
        self._depth = limits.topic_depth
        self._names: dict[bytes, str] = {}

    def name(self, raw: bytes) -> str:
        """A topic name to publish to; raises Malformed."""
        known = self._names.get(raw)
        if known is not None:
            return known
        name = self._bounded(raw)
        if "+" in name or "#" in name:
            raise Malformed("a wildcard in a topic name")
        if len(raw) <= REMEMBERED_LENGTH:
            if len(self._names) >= REMEMBERED:
                self._names.clear()
            self._names[raw] = name
        return name

    def filter(self, raw: bytes) -> str:
        """A topic filter to subscribe to; raises Malformed. `+` fills a level, `#` fills the last (4.7.1)."""
        name = self._bounded(raw)
        if "#" in name and not (name == "#" or (name.endswith("/#") and name.count("#") == 1)):
            raise Malformed("# in a filter that is not its whole last level")
        if "+" in name and any("+" in level and level != "+" for level in name.split("/")):
            raise Malformed("+ in a filter that is not a whole level")
        return name

    def _bounded(self, raw: bytes) -> str:
        if not raw:
            raise Malformed("an empty topic")
        if len(raw) > self._length:
            raise TooMuch("topic_length", f"a topic of {len(raw)} bytes; the limit is {self._length}")
        if raw.count(b"/") >= self._depth:
            raise TooMuch("topic_depth", f"a topic of {raw.count(b'/') + 1} levels; the limit is {self._depth}")
        return codec.text(raw)

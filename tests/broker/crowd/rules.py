"""What the crowd's clients may do, as the broker's hooks and as the ledger's own word for it; the matching of topics.

The matching of filters is written a second time here on purpose: the broker's is what is being tested.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import lru_cache

from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, HOLD, Client, Hooks, Received

PASSWORD = b"let me in"

PUBLIC = ("talk", "held", "locked", "keep", "will", "big")
"""First levels that everybody may read. `secret/NAME` is for NAME alone; nobody may publish to `locked/...`."""


@lru_cache(maxsize=200_000)
def matches(topic_filter: str, topic: str) -> bool:
    """Whether a legal filter matches a topic (section 4.7)."""
    if topic.startswith("$") and topic_filter[0] in "+#":
        return False
    wanted, names = topic_filter.split("/"), topic.split("/")
    for depth, name in enumerate(wanted):
        if name == "#":
            return True
        if depth >= len(names) or name not in ("+", names[depth]):
            return False
    return len(wanted) == len(names) or (len(wanted) == len(names) + 1 and wanted[-1] == "#")


def reads_all(name: str) -> bool:
    """The few that may have any filter."""
    return name.startswith("auditor")


def may_read(name: str, topic: str) -> bool:
    """Whether a message on `topic` may reach the client `name`."""
    first, _, rest = topic.partition("/")
    return reads_all(name) or first in PUBLIC or (first == "secret" and rest == name)


def may_subscribe(name: str, topic_filter: str) -> bool:
    """Whether everything that `topic_filter` can match may reach the client `name`."""
    first, _, rest = topic_filter.partition("/")
    return reads_all(name) or first in PUBLIC or (first == "secret" and rest == name)


def may_publish(topic: str) -> bool:
    """The same for all clients."""
    return topic.partition("/")[0] not in ("locked", "secret")


def is_held(topic: str) -> bool:
    """Whether the application acknowledges a message on `topic` itself, later."""
    return topic.startswith("held/")


class Rules(Hooks):
    """The broker's side of the above. Some logins are decided at once, some after a few turns of the event loop."""

    def __init__(self) -> None:
        self.held: list[Received] = []
        self.online: dict[str, Client] = {}
        self.arrivals = 0
        self.unpaired: list[str] = []
        """Presence that was told twice, or of a connection that was not there."""

    def authenticate(self, client: Client, password: bytes | None) -> int | Awaitable[int]:
        verdict = ACCEPTED if password == PASSWORD else BAD_CREDENTIALS
        return self._later(verdict) if client.id.endswith(("3", "7")) else verdict

    async def _later(self, verdict: int) -> int:
        for _ in range(3):
            await asyncio.sleep(0)
        return verdict

    def may_publish(self, client: Client, topic: str) -> bool:
        return may_publish(topic)

    def may_subscribe(self, client: Client, topic_filter: str) -> bool:
        return may_subscribe(client.id, topic_filter)

    def on_message(self, client: Client, message: Received) -> bool | None:
        if not is_held(message.topic):
            return None
        self.held.append(message)
        return HOLD

    def on_presence(self, client: Client, online: bool, reason: str) -> None:
        there = self.online.get(client.id)
        if online:
            self.arrivals += 1
            if there is not None:
                self.unpaired.append(f"{client.id} came before it had left")
            self.online[client.id] = client
        elif self.online.pop(client.id, None) is not client:
            self.unpaired.append(f"{client.id} left and was not there ({reason})")

"""What a client that no one here wrote looks like to a scenario: it is there, which is to say connected, and publishes
and reads.

How a client comes to that is its own module's business, in clients/.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.broker.interop.tap import PATIENCE_S


class Got(NamedTuple):
    """A message as the client hands it out."""

    topic: str
    payload: bytes


class Will(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Refused(Exception):
    """The client was not let in, or would not go in; the text is the client's own."""


class Lost(Exception):
    """The connection ended before a message was acknowledged. What becomes of the message is left to the session."""


@dataclass(frozen=True)
class Options:
    """What a client connects with."""

    port: int
    client_id: str = "guest"
    clean: bool = True
    password: str | None = "right"
    """Of the user ann; None: neither user name nor password."""
    will: Will | None = None
    keep_alive: int = 60
    version: int = 4
    """The protocol's level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5."""
    ca: Path | None = None
    """With it the connection is encrypted, and made to `host`."""
    host: str = "127.0.0.1"
    subscribe: tuple[tuple[str, int], ...] = ()
    """Filters with the QoS to ask for, subscribed to before the client counts as there."""
    unsubscribe: str | None = None
    """Unsubscribed from before the client counts as there."""
    returns: bool = False
    """It connects again when its connection is lost."""


class Visitor:
    """A client, made with its Options. What it has subscribed to comes out of `read`."""

    def __init__(self, options: Options) -> None:
        self.options = options

    async def connect(self) -> None:
        """Connect, unsubscribe and subscribe as the options say. Raises Refused."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Disconnect in the way of the protocol, if there is a connection, and end whatever was started."""
        raise NotImplementedError

    async def read(self) -> Got:
        """The next message; raises TimeoutError when none comes."""
        raise NotImplementedError

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Returns when the client says that it is done: for QoS 1 and 2, acknowledged. Raises Refused or Lost."""
        raise NotImplementedError

    async def come_back(self) -> None:
        """Connect again to the session it had, after its connection was lost; for one that does not do so by itself."""


class Inbox(Visitor):
    """A visitor whose messages are put into a queue as they come."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.messages: asyncio.Queue[Got] = asyncio.Queue()

    async def read(self) -> Got:
        return await asyncio.wait_for(self.messages.get(), PATIENCE_S)


class Foreign(NamedTuple):
    """A kind of client: its name in the table, the version here, how it is made, what it lacks and where it fails."""

    name: str
    version: Callable[[], str]
    make: Callable[[Options], Visitor]
    lacks: dict[str, str] = {}
    """Why a feature is not tried with it, by the feature's name."""
    fails: dict[str, str] = {}
    """What it does wrong with a feature at whatever broker, by the feature's name: tried, and seen to fail."""
    least_keep_alive: int = 1
    """Seconds; shorter ones it refuses."""

    @contextlib.asynccontextmanager
    async def visit(self, options: Options) -> AsyncIterator[Visitor]:
        """One that is there as long as the context lasts."""
        visitor = self.make(options)
        try:
            await visitor.connect()
            yield visitor
        finally:
            await visitor.leave()

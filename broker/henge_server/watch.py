"""Watch: wakes whoever waits for something to happen, after the commit that made it true.

Durable changes are read from the store's feed, so a watcher that comes back goes on where it was. What is true for a
moment only (presence, telemetry) is handed to those who watch now and kept by nobody.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from henge_server.models import Change, Command, Outcome, Revision
from henge_server.moments import Clock
from henge_server.store import Store

_PAGE = 500  # changes read at a time
# Passing events that one slow watcher may be behind; the oldest go first. A fleet of 1,000 boards that reconnects makes
# 2,000.
_PASSING_KEPT = 4096


class Passing:
    """Something that was true for a moment: `device.online`, `device.offline`, `device.telemetry`."""

    __slots__ = ("at", "data", "device", "kind")

    def __init__(self, at: int, kind: str, device: str, data: dict[str, Any]) -> None:
        self.at = at
        self.kind = kind
        self.device = device
        self.data = data


class Watch:
    """One for the server. Its own position in the feed is the newest change; each watcher has its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._closed = False
        self._commit = asyncio.Event()
        self._watchers: set[_Watcher] = set()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        store.on_commit(self._commit.set)

    async def run(self) -> None:
        """Reads the feed and wakes; ends with `close`."""
        position = self._store.last_seq
        while not self._closed:
            await self._commit.wait()
            self._commit.clear()
            while changes := await self._store.changes(position, _PAGE):
                position = changes[-1].seq
                self._wake(changes)

    def close(self) -> None:
        """Ends every watcher: the server is about to stop."""
        self._closed = True
        self._commit.set()
        for watcher in self._watchers:
            watcher.wake.set()
        for events in self._waiting.values():
            for event in events:
                event.set()

    def tell(self, kind: str, device: str, data: dict[str, Any]) -> None:
        """Hands a passing event to those who watch now."""
        if not self._watchers:
            return
        passing = Passing(self._clock(), kind, device, data)
        for watcher in self._watchers:
            watcher.passing.append(passing)
            watcher.wake.set()

    async def events(self, after: int) -> AsyncGenerator[list[Change | Passing]]:
        """Batches of what happens, from the change above `after` on. Raises HistoryGone at the first
        step.

        A batch may be empty: something woke the watcher that came to nothing.
        """
        position = after
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            while not self._closed:
                changes = await self._store.changes(position, _PAGE)
                if changes:
                    position = changes[-1].seq
                batch: list[Change | Passing] = [*changes, *watcher.passing]
                watcher.passing.clear()
                yield batch
                if len(changes) < _PAGE:
                    await watcher.wake.wait()
                watcher.wake.clear()
        finally:
            self._watchers.discard(watcher)

    def waiter(self, device: str) -> "Waiter":
        """Waits for what becomes of a revision. To be entered before the write, so that nothing is missed."""
        return Waiter(self, self._store, self._waiting, device)

    @property
    def closed(self) -> bool:
        """Whether the server is about to stop: nothing is worth waiting for then."""
        return self._closed

    def _wake(self, changes: list[Change]) -> None:
        for change in changes:
            for event in self._waiting.get(change.device, ()):
                event.set()
        for watcher in self._watchers:
            watcher.wake.set()


class _Watcher:
    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.passing: deque[Passing] = deque(maxlen=_PASSING_KEPT)


class Waiter:
    """A context in which the changes of one device are noticed."""

    def __init__(self, watch: Watch, store: Store, waiting: dict[str, set[asyncio.Event]], device: str) -> None:
        self._watch = watch
        self._store = store
        self._waiting = waiting
        self._device = device
        self._event = asyncio.Event()

    def __enter__(self) -> "Waiter":
        self._waiting.setdefault(self._device, set()).add(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        events = self._waiting[self._device]
        events.discard(self._event)
        if not events:
            del self._waiting[self._device]

    async def decided(self, revision: Revision, seconds: float) -> tuple[Outcome | None, bool]:
        """The outcome of a revision and whether a newer one took its place; the outcome is None or undecided when time
        ran out or the server stops.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._event.clear()
                    outcome, superseded = await self.look(revision)
                    if superseded or self._watch.closed or (outcome and outcome.is_decided):
                        return outcome, superseded
                    await self._event.wait()
        except TimeoutError:
            return await self.look(revision)

    async def answered(self, look: Callable[[], Awaitable[Command]], seconds: float) -> Command:
        """A command as `look` finds it, when it is answered or its time is over; or when time ran out or the server
        stops.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._event.clear()
                    command = await look()
                    if not command.is_unanswered or self._watch.closed:
                        return command
                    await self._event.wait()
        except TimeoutError:
            return await look()

    async def look(self, revision: Revision) -> tuple[Outcome | None, bool]:
        """How it stands now."""
        outcome = await self._store.outcome(self._device, revision.rev)
        if outcome and outcome.epoch != revision.epoch:
            outcome = None  # of a revision that had this number before the store was restored
        if outcome and outcome.is_decided:
            return outcome, False
        newest = await self._store.revision(self._device)
        return outcome, newest is None or newest.rev != revision.rev

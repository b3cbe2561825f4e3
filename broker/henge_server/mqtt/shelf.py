"""Shelf: what an outside broker retains for devices, kept in step with the store: every device's newest document, and
nothing of those that were removed.

A retained message there is a cache that others look after: it may be lost, or old. So each connection begins with
reading what is there, and what differs from the store is published anew. From then on what changes is.
"""

import asyncio
import hashlib
import secrets

import structlog
from henge_protocol import topics

from henge_server.desired import to_serve
from henge_server.documents import payload
from henge_server.mqtt import filters
from henge_server.mqtt.heard import Heard
from henge_server.mqtt.link import ANSWER_TIMEOUT_S, Link
from henge_server.mqtt.outside_stats import OutsideStats
from henge_server.slices import Slices
from henge_server.store import Store

# Documents published and not acknowledged yet. Enough to keep a broker busy that is milliseconds away.
_IN_FLIGHT = 64
_PAGE = 500  # devices read at a time

log = structlog.get_logger("henge.mqtt.outside")


class Shelf:
    """One for each connection."""

    def __init__(self, store: Store, slices: Slices, link: Link, stats: OutsideStats, client_id: str) -> None:
        self._store = store
        self._slices = slices
        self._link = link
        self._stats = stats
        self._mark_topic = filters.mark(client_id)
        self._mark = secrets.token_bytes(16)
        self._marked = asyncio.Event()
        self._there: dict[str, bytes] = {}  # device -> digest of the document that the broker retains
        self._due: dict[str, None] = {}  # devices to be looked at, the oldest first
        self._work = asyncio.Event()
        self._room = asyncio.Semaphore(_IN_FLIGHT)

    def touch(self, device: str) -> None:
        """What a device should have has changed, or may have."""
        self._due[device] = None
        self._stats.waiting = len(self._due)
        self._work.set()

    def publish_command(self, device: str, command: bytes) -> None:
        self._link.publish(topics.build(device, topics.COMMAND), command, retain=False, done=_nothing)

    def saw(self, device: str, heard: Heard) -> None:
        """The broker has this for it. What the server publishes itself comes back too, and tells nothing new."""
        if heard.retain and heard.payload:
            self._there[device] = _digest(heard.payload)

    def is_mark(self, heard: Heard) -> bool:
        """Whether this is the server's own mark: what was retained has been delivered before it."""
        if heard.topic != self._mark_topic:
            return False
        if heard.payload == self._mark:
            self._marked.set()
        return True

    async def run(self) -> None:
        """Until it is cancelled. Raises LinkLost, LinkRefused, HengeError."""
        await self._link.subscribe([(filters.DESIRED, 0)])
        self._link.publish(self._mark_topic, self._mark, retain=False, done=_nothing)
        await self._wait_for_mark()
        self._link.unsubscribe(filters.DESIRED)
        await self._compare()
        while True:
            await self._work.wait()
            self._work.clear()
            while self._due:
                await self._room.acquire()
                device = next(iter(self._due))
                del self._due[device]
                self._stats.waiting = len(self._due)
                await self._slices.breathe()
                await self._put(device)

    async def _wait_for_mark(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._marked.wait()
        except TimeoutError:
            log.warning(
                "the broker does not deliver to the server what it publishes: its user may not read and write there, "
                "or the broker queues fewer messages than there are devices (mosquitto: max_queued_messages)",
                topic=self._mark_topic,
            )

    async def _compare(self) -> None:
        """Touches what differs between the broker and the store."""
        registered: set[str] = set()
        after = ""
        while page := await self._store.devices(after, _PAGE):
            after = page[-1].id
            for device in page:
                registered.add(device.id)
                await self._slices.breathe()
                if await self._wanted(device.id) != self._there.get(device.id, b""):
                    self.touch(device.id)
        for device_id in self._there.keys() - registered:
            await self._slices.breathe()
            if await self._store.tombstone(device_id):  # else it is another server's
                self.touch(device_id)
        log.info("what the broker retains was read", documents=len(self._there), to_publish=len(self._due))

    async def _wanted(self, device: str) -> bytes:
        """The digest of what the broker should retain for a device; empty for nothing."""
        revision = await to_serve(self._store, device)
        return _digest(payload(revision)) if revision else b""

    async def _put(self, device: str) -> None:
        """Publishes the newest document of a device where the broker has another; there is room for it in flight."""
        revision = await to_serve(self._store, device)
        document = payload(revision) if revision else b""
        digest = _digest(document) if document else b""
        if digest == self._there.get(device, b""):
            self._room.release()
            return
        self._there[device] = digest
        self._link.publish(topics.build(device, topics.DESIRED), document, retain=True, done=self._done)
        if await self._store.device(device) is None:
            self._there.pop(device, None)
            self._link.publish(topics.build(device, topics.STATUS), b"", retain=True, done=_nothing)

    def _done(self) -> None:
        self._stats.published += 1
        self._room.release()


def _digest(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()


def _nothing() -> None:
    """A message that nobody waits for."""

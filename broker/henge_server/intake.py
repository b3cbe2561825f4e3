"""Intake: takes what devices say into the store. A hello, a report, a result or an announcement is acknowledged when it
is on disk, not before.

One task works through batches: the oldest waiting message of every device that has one, decided on what the store has,
written as one Write. So each device's messages keep their order, and a storm of a thousand boards costs a few commits.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from henge_mqtt import HOLD
from henge_protocol import topics
from henge_protocol.errors import BadMessage
from henge_protocol.messages import OFFLINE, ONLINE, SLEEPING, Announcement, Hello, Report, Result
from henge_protocol.telemetry import decode_telemetry

from henge_server.announcements import Announcements
from henge_server.commands import Commands
from henge_server.errors import Conflict, HengeError
from henge_server.fitting import Fitting, is_ours
from henge_server.moments import Clock
from henge_server.mqtt import Said, Sender
from henge_server.observations import Known, News, heard, reported
from henge_server.presence import Presence
from henge_server.slices import Slices
from henge_server.store import Store, Write
from henge_server.timeline import Stage, Timeline
from henge_server.watch import Watch

# Devices whose messages go into one Write. Bounds the work between two looks at the sockets, and the loss of a failed
# write.
_BATCH = 256
_TRIES = 8  # against removals of devices in a batch; each failure means that one succeeded

# Messages of one device from which on those of its closed connections are dropped. One connection can have 100 waiting.
_KEPT = 200

log = structlog.get_logger("henge.intake")


@dataclass(slots=True)
class _Waiting:
    client: Sender
    received: Said
    message: Hello | Report | Result | Announcement


class Intake:
    """`take` is called by the broker for every message of a device; `run` owns the writing."""

    def __init__(
        self,
        store: Store,
        commands: Commands,
        announcements: Announcements,
        fitting: Fitting,
        watch: Watch,
        presence: Presence,
        timeline: Timeline,
        slices: Slices,
        clock: Clock,
    ) -> None:
        self._store = store
        self._commands = commands
        self._announcements = announcements
        self._fitting = fitting
        self._watch = watch
        self._presence = presence
        self._timeline = timeline
        self._slices = slices
        self._clock = clock
        self._queues: dict[str, deque[_Waiting]] = {}  # device -> what waits, the oldest first; never empty ones
        self._arrived = asyncio.Event()
        self._settled = asyncio.Event()  # replaced after every batch: whoever holds the old one is woken once
        self.malformed = 0  # messages that could not be read, since the start

    def take(self, client: Sender, received: Said) -> bool | None:
        """What the broker asks on every message: HOLD where the acknowledgement waits for the disk."""
        place = topics.parse(received.topic)
        if place is None:
            return None
        device, channel = place
        try:
            return self._take(client, device, channel, received)
        except BadMessage as error:
            self.malformed += 1
            log.warning("dropped a message that cannot be read", device=device, channel=channel, why=str(error))
            return None

    async def settled(self, device: str) -> None:
        """Returns when nothing of a device waits to be written."""
        while device in self._queues:
            await self._settled.wait()

    async def run(self) -> None:
        """Until it is cancelled; what is on its way to disk then is finished by the store."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queues:
                await self._write_batch([queue[0] for queue in self._first_queues()])

    def _take(self, client: Sender, device: str, channel: str, received: Said) -> bool | None:
        if channel == topics.HELLO:
            return self._queue(device, _Waiting(client, received, Hello.decode(received.payload)))
        if channel == topics.REPORT:
            report = Report.decode(received.payload)
            self._timeline.mark(device, report.rev, Stage.REPORTED)
            return self._queue(device, _Waiting(client, received, report))
        if channel == topics.RESULT:
            return self._queue(device, _Waiting(client, received, Result.decode(received.payload)))
        if channel == topics.SCHEMA:
            return self._queue(device, _Waiting(client, received, Announcement.decode(received.payload)))
        if channel == topics.TELEMETRY:
            for reading in decode_telemetry(received.payload):
                self._watch.tell("device.telemetry", device, {"values": reading.v})
        elif channel == topics.STATUS:
            self._take_status(device, received.payload)
        return None

    def _take_status(self, device: str, text: bytes) -> None:
        if text == SLEEPING.encode():
            self._presence.sleeps(device)
        elif text == ONLINE.encode():
            self._presence.wakes(device)
        elif text != OFFLINE.encode():
            raise BadMessage("status: expected online, offline or sleeping")

    def _queue(self, device: str, waiting: _Waiting) -> bool:
        queue = self._queues.setdefault(device, deque())
        if len(queue) >= _KEPT:
            # The first may be on its way to disk. What a closed connection said was not acknowledged: it comes again.
            self._queues[device] = queue = deque(w for i, w in enumerate(queue) if not i or w.client.connected)
        queue.append(waiting)
        self._arrived.set()
        return HOLD

    def _first_queues(self) -> Iterator[deque[_Waiting]]:
        for count, queue in enumerate(self._queues.values()):
            if count == _BATCH:
                return
            yield queue

    async def _write_batch(self, batch: list[_Waiting]) -> None:
        try:
            await self._record(batch)
        except HengeError as error:
            self._fail(batch, error)
        else:
            self._acknowledge(batch)
        self._done(batch)

    async def _record(self, batch: list[_Waiting]) -> None:
        """Makes what a batch says durable; again without the devices that were removed meanwhile. Raises HengeError."""
        for _ in range(_TRIES):
            write = await self._write_of(batch)
            try:
                if write.puts:
                    await self._store.write(write)
                return
            except Conflict:
                continue
        raise Conflict("Devices are being removed all the time.")

    async def _write_of(self, batch: list[_Waiting]) -> Write:
        write = Write()
        for waiting in batch:
            await self._slices.breathe()
            if more := await self._more(waiting):
                write.puts += more.puts
                write.changes += more.changes
                write.removed_announcements += more.removed_announcements
        return write

    async def _more(self, waiting: _Waiting) -> Write | None:
        """What a message adds to the store."""
        device, message = waiting.client.id, waiting.message
        if isinstance(message, Result):
            return await self._commands.answered(device, message)
        if isinstance(message, Announcement):
            expected = self._fitting.expects(device)
            return await self._announcements.heard(device, waiting.received.payload) if expected else None
        news = await self._news(device, message)
        return news.write if news else None

    async def _news(self, device: str, message: Hello | Report) -> News | None:
        newest = await self._store.revision(device)
        if newest is None:
            return None  # removed meanwhile
        observed = await self._store.observed(device)
        if isinstance(message, Hello):
            rev = message.last["rev"] if message.last else 0
        else:
            rev = message.rev
        about = newest if rev == newest.rev else await self._store.revision(device, rev)
        outcome = await self._store.outcome(device, rev) if about else None
        known = Known(newest, observed, about, outcome)
        if isinstance(message, Hello):
            return heard(known, message, self._clock())
        return reported(known, message, self._clock())

    def _acknowledge(self, batch: list[_Waiting]) -> None:
        for waiting in batch:
            if isinstance(waiting.message, Report):
                self._timeline.mark(waiting.client.id, waiting.message.rev, Stage.RECORDED)
                self._fitting.reported(waiting.client.id)
            elif isinstance(waiting.message, Hello):
                self._fitting.greeted(waiting.client.id)
            elif isinstance(waiting.message, Announcement) or _is_about_one(waiting.message):
                self._fitting.answered(waiting.client.id)
            waiting.received.ack()

    def _fail(self, batch: list[_Waiting], error: HengeError) -> None:
        """Not acknowledged: the devices connect again, with backoff, and say it again."""
        log.error("cannot store what devices say", devices=len(batch), why=error.detail)
        for waiting in batch:
            waiting.client.close("the server cannot store: " + error.title)

    def _done(self, batch: list[_Waiting]) -> None:
        for waiting in batch:
            queue = self._queues.pop(waiting.client.id)
            queue.popleft()
            if queue:
                self._queues[waiting.client.id] = queue  # at the end: those who wait too come first
        self._settled.set()
        self._settled = asyncio.Event()


def _is_about_one(message: Hello | Report | Result | Announcement) -> bool:
    """Whether it is the end of an announcement, or why there is none."""
    return isinstance(message, Result) and is_ours(message.id)

"""Inbound: what an outside broker delivers, looked at one by one and in order: is it a registered device's, is it too
large, and who is online by it. What stands that goes to the intake.

Nobody asked that broker who its clients are: the name in the topic is all that says who speaks.
"""

import asyncio
from collections import deque

import structlog
from henge_mqtt import HOLD
from henge_protocol import errors, topics
from henge_protocol.errors import BadMessage
from henge_protocol.messages import OFFLINE, ONLINE, REJECTED, SLEEPING, Report

from henge_server.devices import Devices
from henge_server.dispatch import Dispatch
from henge_server.fitting import Fitting
from henge_server.intake import Intake
from henge_server.mqtt.heard import Heard
from henge_server.mqtt.link import Link
from henge_server.mqtt.outside_stats import NO_TOPIC, NOT_REGISTERED, TOO_LARGE, OutsideStats
from henge_server.mqtt.seldom import Seldom
from henge_server.mqtt.shelf import Shelf
from henge_server.presence import Presence, Status
from henge_server.slices import Slices
from henge_server.store import Store

log = structlog.get_logger("henge.mqtt.outside")


class Speaker:
    """A device, as the intake sees it: connected for as long as the server is."""

    __slots__ = ("_link", "id")

    def __init__(self, device: str, link: Link) -> None:
        self.id = device
        self._link = link

    @property
    def connected(self) -> bool:
        return self._link.alive

    def close(self, reason: str) -> None:
        """The device is not ours to disconnect. Without an acknowledgement the broker sends its message again."""
        self._link.give_up(reason)


class Inbound:
    """One for the server; `listen` runs for each connection."""

    def __init__(
        self,
        store: Store,
        devices: Devices,
        intake: Intake,
        presence: Presence,
        dispatch: Dispatch,
        fitting: Fitting,
        slices: Slices,
        stats: OutsideStats,
    ) -> None:
        self._store = store
        self._devices = devices
        self._intake = intake
        self._presence = presence
        self._dispatch = dispatch
        self._fitting = fitting
        self._slices = slices
        self._stats = stats
        self._queue: deque[Heard] = deque()  # bounded by the link: it holds them until they are acknowledged
        self._arrived = asyncio.Event()
        self._seldom = {reason: Seldom() for reason in stats.ignored}

    def hear(self, heard: Heard) -> None:
        """What a link calls for each message."""
        self._stats.received += 1
        self._queue.append(heard)
        self._arrived.set()

    async def listen(self, link: Link, shelf: Shelf) -> None:
        """Until it is cancelled. Raises HengeError where the store fails."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                await self._slices.breathe()
                await self._look_at(self._queue.popleft(), link, shelf)

    def forget(self) -> None:
        """The connection is over: what was not acknowledged comes again over the next one."""
        self._queue.clear()

    async def _look_at(self, heard: Heard, link: Link, shelf: Shelf) -> None:
        if shelf.is_mark(heard):
            heard.ack()
            return
        place = topics.parse(heard.topic)
        if place is None:
            self._ignore(heard, NO_TOPIC)
            return
        device, channel = place
        if channel == topics.DESIRED:
            shelf.saw(device, heard)
        elif heard.size > topics.MAX_BYTES[channel]:
            self._ignore(heard, TOO_LARGE)
            return
        elif heard.size:  # without a payload it tells that something retained was cleared
            await self._take(device, channel, heard, link)
            return
        heard.ack()

    async def _take(self, device: str, channel: str, heard: Heard, link: Link) -> None:
        found = await self._store.device(device)
        if found is None:
            self._ignore(heard, NOT_REGISTERED)
            return
        if channel == topics.REPORT and found.next_credential and _has_another_key(heard.payload):
            await self._devices.activate(device)
            log.info("the rotated credential is in use", client=device)
        if self._intake.take(Speaker(device, link), heard) is not HOLD:
            heard.ack()
        if channel == topics.STATUS:
            self._note_presence(device, heard.payload)

    def _note_presence(self, device: str, text: bytes) -> None:
        """The last that it said, or its will, is all that is known of a connection to another broker."""
        is_online = self._presence.status(device) is Status.ONLINE
        if text == ONLINE.encode():
            if not is_online:
                self._presence.came(device)
            self._dispatch.will_listen(device)
            self._fitting.will_listen(device)
        elif text in (OFFLINE.encode(), SLEEPING.encode()) and is_online:
            self._presence.went(device, f"its status says {text.decode()}")

    def _ignore(self, heard: Heard, why: str) -> None:
        self._stats.ignored[why] += 1
        if times := self._seldom[why].times():
            log.warning("ignored a message", why=why, topic=heard.topic, bytes=heard.size, times=times)
        heard.ack()


def _has_another_key(payload: bytes) -> bool:
    """Whether a report says that the signature of a document does not fit. The server sees no password at another
    broker; that is how it learns that a device has its next credential.
    """
    try:
        report = Report.decode(payload)
    except BadMessage:
        return False
    code, _ = report.errors.get(errors.WHOLE_DOCUMENT, ("", ""))
    return report.state == REJECTED and code == errors.BAD_MAC

"""Announcements: what each firmware declares, kept once for all devices that run it, and forgotten when none does."""

import structlog
from henge_protocol import messages, schema
from henge_protocol.errors import BadMessage, BadSchema
from henge_protocol.verdicts import Setting

from henge_server.firmware import UNANNOUNCED, Firmware
from henge_server.models import Announcement, Change, ChangeKind
from henge_server.moments import Clock
from henge_server.slices import Slices
from henge_server.store import Store, Write

_CAPS_BYTES = 16  # another digest can be nobody's

_CACHED = 64  # firmwares whose settings are held in memory; a fleet has a handful
# Announcements from which on those that no device uses are removed whenever one more comes: up to 16 KiB each.
_UNUSED_KEPT = 32
_PAGE = 500  # devices read at a time

log = structlog.get_logger("henge.announcements")


class Announcements:
    def __init__(self, store: Store, slices: Slices, clock: Clock) -> None:
        self._store = store
        self._slices = slices
        self._clock = clock
        self._cache: dict[bytes, Firmware] = {}

    async def of(self, device_id: str) -> Firmware:
        """What the firmware of a device can be told, as far as that is known."""
        observed = await self._store.observed(device_id)
        return await self.known(observed.caps) or UNANNOUNCED if observed and observed.caps else UNANNOUNCED

    async def by(self, device_id: str) -> Announcement | None:
        """What the firmware of a device has announced; None where it has not."""
        observed = await self._store.observed(device_id)
        if observed is None or len(observed.caps) != _CAPS_BYTES:
            return None
        return await self._store.announcement(observed.caps)

    async def known(self, caps: bytes) -> Firmware | None:
        """The firmware of a digest; None where it has to be asked for."""
        found = self._cache.get(caps)
        if found is None and len(caps) == _CAPS_BYTES and (kept := await self._store.announcement(caps)):
            found = self._cached(caps, schema.parse(kept.settings))
        return found

    async def heard(self, device_id: str, payload: bytes) -> Write | None:
        """What an announcement adds to the store; None where it is there already, or cannot be used."""
        caps = messages.caps_of(payload)
        observed = await self._store.observed(device_id)
        if observed is None or observed.caps != caps:
            log.warning("an announcement is not what the device's hello named", device=device_id)
            return None
        if await self.known(caps):
            return None
        try:
            settings = schema.parse(messages.Announcement.decode(payload).settings)
        except (BadMessage, BadSchema) as error:
            log.warning("an announcement cannot be used", device=device_id, why=str(error))
            return None
        now = self._clock()
        declared = {key: schema.declaration_of(setting) for key, setting in settings.items()}
        data = {"caps": caps.hex(), "settings": len(settings)}
        return Write(
            puts=[Announcement(caps=caps, settings=declared, at=now)],
            removed_announcements=await self._unused(),
            changes=[Change(at=now, kind=ChangeKind.ANNOUNCED, device=device_id, data=data)],
        )

    def _cached(self, caps: bytes, settings: dict[str, Setting]) -> Firmware:
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        found = self._cache[caps] = Firmware(caps, settings)
        return found

    async def _unused(self) -> list[bytes]:
        """The digests that no device names any more, where there are many."""
        unused = set(await self._store.announced())
        if len(unused) < _UNUSED_KEPT:
            return []
        after = ""
        while page := await self._store.devices(after, _PAGE):
            after = page[-1].id
            for device in page:
                await self._slices.breathe()
                observed = await self._store.observed(device.id)
                unused.discard(observed.caps if observed else b"")
        for caps in unused:
            self._cache.pop(caps, None)
        return sorted(unused)

"""Push: reads the change feed and publishes what devices should be; commands it hands on. Nobody calls it; it publishes
only what is committed.
"""

import asyncio
from collections.abc import Sequence

import structlog

from henge_server.desired import to_serve
from henge_server.dispatch import Dispatch
from henge_server.documents import payload
from henge_server.errors import HistoryGone
from henge_server.fitting import Fitting
from henge_server.models import Change, ChangeKind, CommandState
from henge_server.mqtt import Mqtt
from henge_server.slices import Slices
from henge_server.store import Store
from henge_server.timeline import Stage, Timeline

_PAGE = 1000  # changes read at a time

log = structlog.get_logger("henge.push")


class Push:
    """Owner of the way from a commit to the broker."""

    def __init__(
        self, store: Store, mqtt: Mqtt, dispatch: Dispatch, fitting: Fitting, slices: Slices, timeline: Timeline
    ) -> None:
        self._store = store
        self._mqtt = mqtt
        self._dispatch = dispatch
        self._fitting = fitting
        self._slices = slices
        self._timeline = timeline
        self._commit = asyncio.Event()
        store.on_commit(self._commit.set)

    async def run(self) -> None:
        """Until it is cancelled. What was committed before the start is served when a device subscribes."""
        position = self._store.last_seq
        while True:
            await self._commit.wait()
            self._commit.clear()
            position = await self._follow(position)

    async def _follow(self, position: int) -> int:
        try:
            while changes := await self._store.changes(position, _PAGE):
                position = changes[-1].seq
                await self._act(changes)
        except HistoryGone:
            log.warning("the change feed no longer reaches back; devices are served when they next connect")
            position = self._store.last_seq
        return position

    async def _act(self, changes: Sequence[Change]) -> None:
        """One message for each device, however often it changed: the newest."""
        changed = dict.fromkeys(change.device for change in changes if change.kind in _FOLLOWED)
        removed = {change.device for change in changes if change.kind is ChangeKind.DEVICE_REMOVED}
        for device in {change.device for change in changes if change.kind in _SAID}:
            self._mqtt.heard_of(device)
        for device in {change.device for change in changes if _is_new_command(change)}:
            self._dispatch.changed(device)
        for device in changed:
            await self._slices.breathe()
            if device in removed:  # also where a new one of that name is there by now: it has another credential
                self._mqtt.forget(device)
                self._fitting.forget(device)
            if self._fitting.holds(device):
                continue  # it is sent the newest one when its firmware is known
            if revision := await to_serve(self._store, device):
                self._mqtt.publish_desired(device, payload(revision))
                self._timeline.mark(device, revision.rev, Stage.PUSHED)


_FOLLOWED = (ChangeKind.CONFIG_CHANGED, ChangeKind.DEVICE_ADDED, ChangeKind.DEVICE_REMOVED)
_SAID = (ChangeKind.REPORTED, ChangeKind.HEARD)  # a refusal, for one, ends what is to be sent


def _is_new_command(change: Change) -> bool:
    return change.kind is ChangeKind.COMMAND and change.data["state"] == CommandState.WAITING

"""Fitting: what a device is sent fits the firmware that it runs. A firmware that is not known is asked what it can be
told, and until it has answered, or a short time is over, its device is sent no document: what it refused is final. A
device that went on without an answer is asked again at each connection, and waits no more.

It holds back and asks; which keys a document has is decided where documents are made.
"""

import asyncio
import secrets
from dataclasses import dataclass
from enum import StrEnum

import structlog
from henge_protocol import messages

from henge_server.announcements import Announcements
from henge_server.configs import Configs
from henge_server.desired import Standing, standing
from henge_server.documents import payload
from henge_server.errors import HengeError
from henge_server.mqtt import Mqtt
from henge_server.slices import Slices
from henge_server.store import Store

# Seconds for which a document is held back. A board answers within a round trip and the time that 16 KiB take on a slow
# network; one that does not know the command never does.
_PATIENCE_S = 5.0

# Seconds after a device said that it is online at which it is asked, where the broker does not tell when it subscribes.
_LISTENS_AFTER_S = 0.5

_DESCRIBE = "describe"
_OURS = "describe-"  # begins the ids of commands that no person has given, and that are kept nowhere

_CANNOT_FIT = "cannot fit a config to its firmware"

log = structlog.get_logger("henge.fitting")


class _Step(StrEnum):
    LOOK = "look"  # whether what the device has fits its firmware
    ASK = "ask"  # what its firmware can be told
    END = "end"  # the firmware is known, or will not be: serve what there is


@dataclass(slots=True)
class _Question:
    caps: bytes
    timer: asyncio.TimerHandle
    holds: bool  # whether its device is sent nothing until it is over
    is_asked: bool = False


class Fitting:
    """`run` owns what is done. The others note what happened, and return at once."""

    def __init__(self, store: Store, configs: Configs, announcements: Announcements, slices: Slices) -> None:
        self._store = store
        self._configs = configs
        self._announcements = announcements
        self._slices = slices
        self._open: dict[str, _Question] = {}
        self._soon: dict[str, asyncio.TimerHandle] = {}  # of devices that are about to listen
        self._asked: dict[str, bytes] = {}  # device -> the firmware whose announcement is expected
        self._mute: dict[str, bytes] = {}  # device -> the firmware that took a document and has never answered
        self._fits: dict[str, tuple[int, bytes]] = {}  # device -> the revision and firmware that were found to fit
        self._due: dict[tuple[_Step, str], None] = {}  # the oldest first
        self._work = asyncio.Event()

    def holds(self, device: str) -> bool:
        """Whether a device is sent nothing now, until its firmware is known."""
        question = self._open.get(device)
        return question is not None and question.holds

    async def ready(self, device: str, found: Standing) -> bool:
        """Whether a device that has just said hello, and runs another firmware than its newest revision is for, can be
        sent what the store has for it now. Where not, that follows by itself.
        """
        if self._fits.get(device) == (found.revision.rev, found.caps):
            return True
        if found.caps and await self._announcements.known(found.caps) is None:
            self._hold(device, found.caps)
            if self.holds(device):
                return False
        await self._fit(device, found.caps)
        return True

    def listens(self, device: str) -> None:
        """It can hear commands from now on."""
        if device in self._open:
            self._note(_Step.ASK, device)

    def will_listen(self, device: str) -> None:
        """It says that it is online, at a broker that does not tell when it subscribes, which comes next."""
        loop = asyncio.get_running_loop()
        if device not in self._soon:  # who says it over and over is not looked at more often for that
            self._soon[device] = loop.call_later(_LISTENS_AFTER_S, self._note, _Step.LOOK, device)

    def expects(self, device: str) -> bool:
        """Whether a device was asked what its firmware can be told, and has not answered. Others are not heard: each
        announcement costs a look at the whole fleet.
        """
        return device in self._asked

    def greeted(self, device: str) -> None:
        """It is connected anew. Whether it heard what it was asked before is not known."""
        self._asked.pop(device, None)

    def reported(self, device: str) -> None:
        """What became of a document is on disk. Where that was sent after a question, the question had arrived."""
        if device in self._asked and not self.holds(device):
            self._mute[device] = self._asked[device]

    def answered(self, device: str) -> None:
        """What it announced, or that it will not, is on disk."""
        self._asked.pop(device, None)
        self._mute.pop(device, None)
        self._note(_Step.END, device)

    def forget(self, device: str) -> None:
        """It was removed."""
        self._fits.pop(device, None)
        self._asked.pop(device, None)
        self._mute.pop(device, None)

    async def run(self, mqtt: Mqtt) -> None:
        """Until it is cancelled."""
        ways = {_Step.LOOK: self._look, _Step.ASK: self._ask, _Step.END: self._end}
        while True:
            await self._work.wait()
            self._work.clear()
            while self._due:
                step, device = next(iter(self._due))
                del self._due[step, device]
                await self._slices.breathe()
                try:
                    await ways[step](mqtt, device)
                except HengeError as error:
                    log.warning(_CANNOT_FIT, device=device, why=error.detail)

    def _note(self, step: _Step, device: str) -> None:
        self._due[step, device] = None
        self._work.set()

    def _hold(self, device: str, caps: bytes) -> None:
        self._drop(device)
        timer = asyncio.get_running_loop().call_later(_PATIENCE_S, self._note, _Step.END, device)
        self._open[device] = _Question(caps, timer, holds=self._mute.get(device) != caps)
        self._note(_Step.ASK, device)

    def _drop(self, device: str) -> _Question | None:
        """Waits for its answer no longer."""
        question = self._open.pop(device, None)
        if question:
            question.timer.cancel()
        return question

    async def _look(self, mqtt: Mqtt, device: str) -> None:
        self._soon.pop(device, None)
        found = await standing(self._store, device)
        if found and found.is_for_another_firmware:
            await self.ready(device, found)

    async def _ask(self, mqtt: Mqtt, device: str) -> None:
        question = self._open.get(device)
        if question and not question.is_asked:
            name = _OURS + secrets.token_hex(4)
            command = messages.Command(id=name, name=_DESCRIBE, args={}).encode()
            self._asked[device] = question.caps
            question.is_asked = mqtt.publish_command(device, command)

    async def _end(self, mqtt: Mqtt, device: str) -> None:
        question = self._drop(device)
        found = await standing(self._store, device)
        if found is None:
            return
        is_new = await self._fit(device, found.caps) if found.is_for_another_firmware else False
        if question is None:
            return
        if question.holds and not is_new and (revision := found.to_serve):  # a new one is pushed as every revision is
            mqtt.publish_desired(device, payload(revision))
        if await self._announcements.known(question.caps):
            for other in [name for name, waiting in self._open.items() if waiting.caps == question.caps]:
                self._note(_Step.END, other)

    async def _fit(self, device: str, caps: bytes) -> bool:
        """Makes a revision for a firmware where the newest says something else; whether it did."""
        try:
            written = await self._configs.fit(device)
        except HengeError as error:  # for one, what the new firmware knows is more than a document can hold
            log.warning(_CANNOT_FIT, device=device, why=error.detail)
            return False
        if not caps or await self._announcements.known(caps):
            self._fits[device] = (written.revision.rev, caps)
        return written.changed


def is_ours(command_id: str) -> bool:
    """Whether a result answers what was asked here."""
    return command_id.startswith(_OURS)

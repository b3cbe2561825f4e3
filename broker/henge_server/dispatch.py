"""Dispatch: sends commands to the devices that are connected, and ends those whose time is over. It sends only what is
committed as sent, so that an answer always finds its command.
"""

import asyncio

import structlog
from henge_protocol import messages

from henge_server.commands import Commands
from henge_server.errors import HengeError
from henge_server.models import Command
from henge_server.moments import Clock
from henge_server.mqtt import Mqtt
from henge_server.presence import Presence, Status
from henge_server.slices import Slices

# Seconds after the expiry of a command at which it is looked at: a timer may fire a moment early.
_AFTER_S = 0.01

# Seconds after a device said that it is online at which it is sent what waits: once when it has subscribed by all odds,
# and once more where its network is slow. It answers a command once, however often it comes.
_LISTENS_AFTER_S = (0.5, 5.0)

log = structlog.get_logger("henge.dispatch")


class Dispatch:
    """Owner of the way from a command in the store to the broker."""

    def __init__(self, commands: Commands, presence: Presence, slices: Slices, clock: Clock) -> None:
        self._commands = commands
        self._presence = presence
        self._slices = slices
        self._clock = clock
        self._due: dict[str, bool] = {}  # device -> whether what was sent before is to be sent again; the oldest first
        self._work = asyncio.Event()
        self._soon: dict[str, list[asyncio.TimerHandle]] = {}  # of devices that are about to listen
        self._timers: dict[str, asyncio.TimerHandle] = {}  # of the devices that have unanswered commands

    def changed(self, device: str) -> None:
        """There is a new command for it, or the time of one is over."""
        self._touch(device, again=False)

    def listens(self, device: str) -> None:
        """It can hear commands from now on: it has just subscribed to them."""
        self._touch(device, again=True)

    def will_listen(self, device: str) -> None:
        """It says that it is online, at a broker that does not tell when it subscribes, which comes next."""
        for timer in self._soon.pop(device, ()):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._soon[device] = [loop.call_later(wait_s, self.listens, device) for wait_s in _LISTENS_AFTER_S]

    async def run(self, mqtt: Mqtt) -> None:
        """Until it is cancelled. What waited before the start is sent when its device connects."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._due:
                device = next(iter(self._due))
                again = self._due.pop(device)
                await self._slices.breathe()
                await self._see_to(mqtt, device, again)

    def _touch(self, device: str, again: bool) -> None:
        self._due[device] = again or self._due.get(device, False)
        self._work.set()

    async def _see_to(self, mqtt: Mqtt, device: str, again: bool) -> None:
        is_connected = self._presence.status(device) is Status.ONLINE
        try:
            found = await self._commands.advance(device, is_connected, again)
        except HengeError as error:
            log.error("cannot see to the commands of a device", device=device, why=error.detail)
            return
        for command in found.to_send:
            mqtt.publish_command(device, payload(command))
        self._remind(device, found.next_expiry)

    def _remind(self, device: str, expiry: int | None) -> None:
        """Comes back to a device when the first of its commands is over."""
        timer = self._timers.pop(device, None)
        if timer:
            timer.cancel()
        if expiry is not None:
            wait_s = max(0, expiry - self._clock()) / 1000 + _AFTER_S
            self._timers[device] = asyncio.get_running_loop().call_later(wait_s, self.changed, device)


def payload(command: Command) -> bytes:
    """A command as it travels."""
    return messages.Command(id=command.id, name=command.name, args=command.args).encode()

"""The outside broker behind the seam: one that is there already, such as mosquitto, with the server as its client.

It owns the connection: makes it, again and again with backoff, and says in words why there is none. What holds with the
embedded broker and cannot hold here stands in docs/broker.md.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum

import structlog

from henge_server.backoff import Backoff
from henge_server.devices import Devices
from henge_server.dispatch import Dispatch
from henge_server.errors import HengeError
from henge_server.fitting import Fitting
from henge_server.intake import Intake
from henge_server.mqtt import Mqtt, filters
from henge_server.mqtt.account import Account
from henge_server.mqtt.failures import LinkClosed, LinkLost, LinkRefused
from henge_server.mqtt.inbound import Inbound
from henge_server.mqtt.link import Link
from henge_server.mqtt.outside_stats import OutsideStats
from henge_server.mqtt.shelf import Shelf
from henge_server.presence import Presence, Status
from henge_server.slices import Slices
from henge_server.store import Store

_STABLE_S = 30.0  # a connection that lived so long failed by no fault of its beginning
_MANY_CLOSED = 3  # connections in a row that lived shorter: a broker that restarts closes one

log = structlog.get_logger("henge.mqtt.outside")


class State(Enum):
    """How it stands with the connection."""

    WAITING = "the server waits for the broker"
    REFUSED = "the broker, or what the server knows of it, has to be put right by a person"
    CONNECTED = "the server hears devices and publishes to them"


class OutsideMqtt(Mqtt):
    """`run` owns the connection. `chance`, `pause` and `clock` are the world's, or a test's."""

    def __init__(
        self,
        account: Account,
        store: Store,
        devices: Devices,
        intake: Intake,
        presence: Presence,
        dispatch: Dispatch,
        fitting: Fitting,
        *,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stats = OutsideStats()
        self.state = State.WAITING
        self.account = account
        self._store = store
        self._presence = presence
        self._slices = Slices()
        self._inbound = Inbound(store, devices, intake, presence, dispatch, fitting, Slices(), self.stats)
        self._shelf: Shelf | None = None
        self._backoff = Backoff(chance)
        self._pause = pause
        self._clock = clock
        self._why = "it has not answered yet"
        self._closed_early = 0  # connections in a row

    # --- the seam -----------------------------------------------------------------------------------------------------

    def publish_desired(self, device: str, document: bytes) -> None:
        """The newest one is read when it is its turn; while there is no connection, the next one begins with it."""
        self.heard_of(device)

    def publish_command(self, device: str, command: bytes) -> bool:
        """While there is no connection nobody is online, and nothing is sent."""
        if self._shelf:
            self._shelf.publish_command(device, command)
        return self._shelf is not None

    def forget(self, device: str) -> None:
        if self._presence.status(device) is Status.ONLINE:
            self._presence.went(device, "the device was removed")
        self._presence.forget(device)
        self.heard_of(device)

    def heard_of(self, device: str) -> None:
        if self._shelf:
            self._shelf.touch(device)

    def not_ready(self) -> str | None:
        if self.state is State.CONNECTED:
            return None
        return f"The broker at {self.account.where} is not connected: {self._why}."

    # --- the connection -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until it is cancelled; no failure of the broker's ends it."""
        log.info("waiting for the broker", broker=self.account.where)
        while True:
            began = self._clock()
            try:
                await self._connection()
            except LinkRefused as error:
                self.stats.refused += 1
                self.state = State.REFUSED
                wait_s = self._backoff.after_refusal()
                self._tell(error, wait_s)
            except LinkLost as error:
                self.stats.lost += 1
                self.state = State.WAITING
                is_early = self._clock() - began < _STABLE_S
                if not is_early:
                    self._backoff.reset()
                wait_s = self._backoff.after_loss()
                self._tell(error, wait_s)
                self._suspect_a_twin(isinstance(error, LinkClosed) and is_early)
            await self._everybody_is_offline()
            await self._pause(wait_s)

    async def _connection(self) -> None:
        """One connection from beginning to end. Raises LinkLost, LinkRefused."""
        link = Link(self.account, self._inbound.hear)
        shelf = self._shelf = Shelf(self._store, self._slices, link, self.stats, self.account.client_id)
        try:
            await link.open()
            await _first_to_end(self._inbound.listen(link, shelf), self._serve(link, shelf), link.run())
        except HengeError as error:
            raise LinkLost(f"the server's store failed: {error.detail}") from error
        finally:
            self._shelf = None
            self.stats.connected = self.stats.waiting = 0
            link.close()
            self._inbound.forget()

    async def _serve(self, link: Link, shelf: Shelf) -> None:
        await link.subscribe(filters.FROM_DEVICES)
        self.state = State.CONNECTED
        self.stats.connected = 1
        self.stats.connects += 1
        log.info("connected", broker=self.account.where, client=self.account.client_id)
        await shelf.run()

    async def _everybody_is_offline(self) -> None:
        """Nobody says who comes and goes now. The next connection begins with what the broker knows of that."""
        for device in self._presence.connected():
            self._presence.went(device, "the server lost the connection to the broker")
            await self._slices.breathe()

    def _tell(self, error: LinkLost, wait_s: float) -> None:
        self._why = str(error)
        log.warning("no connection to the broker", why=self._why, again_in_s=round(wait_s, 1))

    def _suspect_a_twin(self, was_closed_early: bool) -> None:
        """Two servers with one client id take the connection from each other, and neither can see why it ends."""
        self._closed_early = self._closed_early + 1 if was_closed_early else 0
        if was_closed_early and self._closed_early % _MANY_CLOSED == 0:
            log.warning(
                f"closed {self._closed_early} times in a row: does another server use this client id? "
                "Give each its own `broker_client_id`; or the broker's log says why it closes",
                client=self.account.client_id,
            )


async def _first_to_end(*works: Coroutine[None, None, None]) -> None:
    """Runs them side by side until the first ends; the others are cancelled, and its error is raised."""
    tasks = [asyncio.create_task(work, name="outside broker") for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

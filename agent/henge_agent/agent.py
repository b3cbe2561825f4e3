"""The agent: owns every task of a board, feeds events to `sync` and performs its actions.

It decides nothing about documents itself, and nothing in it dies silently: what fails is logged and started again.
"""

import asyncio

from henge_protocol import messages, topics
from henge_protocol.errors import BadMessage

from henge_agent.address import Address
from henge_agent.backoff import Backoff
from henge_agent.clock import Clock
from henge_agent.commands import Commands
from henge_agent.compat import explain, free_memory
from henge_agent.crew import Crew
from henge_agent.documents import Documents
from henge_agent.drivers.driver import Dormant, Driver
from henge_agent.drivers.server import Server
from henge_agent.health import Health
from henge_agent.keeper import Keeper
from henge_agent.memory import Memory
from henge_agent.outbox import Outbox
from henge_agent.performer import Performer
from henge_agent.reports import Reports
from henge_agent.settings import Settings
from henge_agent.slots import Slots
from henge_agent.sync import Sync
from henge_agent.uplink import STABLE_MS, Uplink

TRIAL_MS = 120_000  # two minutes: a board finds a new network within one, and a wrong one should not strand it longer
KEEP_ALIVE_S = 30  # the server notices a vanished board within 45 s; a ping costs a Wi-Fi board little that often
_MANY_FAULTS = 5  # of the agent itself, in a row: a heap in pieces, perhaps, which only a restart makes whole
_LOOK_MS = 1000  # between two looks at a trial: its time is the board's clock's, which may not go as asyncio's does
_MAX_LOG_TEXT = 200  # characters of a log line: even at four bytes each they fit into the message's 1 KiB


class Restart(Exception):
    """The board is to start anew. The text says why."""


class Agent:
    """One board's agent. `address` is where its server is, as long as no setting says otherwise. `drivers` are the
    board's own where none are given. `tls` is a context of trust.tls_context, for addresses with TLS. `is_safe`: the
    drivers are left alone.

    `log(level, text)` gets short lines; `observer.agent(status)` gets `status()` whenever it may have changed.
    """

    def __init__(
        self,
        board,
        credential,
        address: Address,
        drivers: "list | None" = None,
        log=None,
        observer=None,
        trial_ms: int = TRIAL_MS,
        keep_alive_s: int = KEEP_ALIVE_S,
        tls=None,
        is_safe: bool = False,
    ) -> None:
        self._board = board
        self._credential = credential
        self._log = log
        self._observer = observer
        self._trial_ms = trial_ms
        self._is_safe = is_safe
        self._clock = Clock(board.ticks_ms, board.ticks_period)
        self._outbox = Outbox(credential.device)
        self._trial_began = asyncio.Event()
        self._restart = asyncio.Event()
        self._asked_which = asyncio.Event()
        server = Server(address, tls is not None)
        hardware = board.drivers() if drivers is None else drivers
        if is_safe:
            hardware = [Dormant(driver) for driver in hardware]
        self._drivers = [server] + ([board.wifi] if board.wifi else []) + hardware
        self.settings = Settings(self._drivers, self._warn)
        self._documents = Documents(credential.device, credential.key, self.settings.declared)
        self._commands = Commands(self._carry_out, self._answer)
        self._health = Health(board, self._clock)
        self._uplink = Uplink(
            board, credential, server, tls, keep_alive_s, self._clock, self._health, self._outbox, self
        )
        self._begin_count()

    async def run(self) -> None:
        """Until it is cancelled. When one task dies, all begin anew, from what is on flash."""
        backoff, faults = Backoff(self._board.chance), 0
        why = "the board started again during the trial ({})".format(self._board.reset_cause)
        while True:
            began = self._clock.ms()
            try:
                await self._live(why)
            except Restart:
                why = "the board was started again during the trial"
                self._reboot()
                continue
            except Exception as error:  # a fault in the agent itself
                self.say("error", "starting again after " + explain(error))
                why = "the agent started again during the trial after " + explain(error)
            if self._clock.ms() - began >= STABLE_MS:
                backoff.reset()
                faults = 0
            faults += 1
            if faults % _MANY_FAULTS == 0:
                self._board.reboot()
            await asyncio.sleep(backoff.after_loss() / 1000)

    def status(self) -> dict:
        """What the board is up to, for whoever shows it."""
        last = self._reports.last
        return {
            "device": self._credential.device,
            "mode": self.settings.get("led.mode"),
            "epoch": self._sync.in_use.epoch,
            "rev": self._sync.in_use.rev,
            "state": last.state if last else "new",
            "link": "up" if self._uplink.is_up else "down",
        }

    async def _live(self, why: str) -> None:
        """From a start to its end. Raises what ended it."""
        self._start(why)
        crew = Crew()
        try:
            crew.add("connection", self._uplink.run(self._sync))
            crew.add("trials", self._mind_trials())
            crew.add("restarts", self._mind_restarts())
            crew.add("commands", self._commands.run())
            crew.add("identify", self._mind_identify())
            crew.add("health", self._health.run())
            for driver in self._drivers:
                if type(driver).run is Driver.run:
                    continue  # there is nothing to keep running
                keeper = Keeper(driver, self.settings, self._clock, self._board.chance, self.say)
                crew.add(keeper.name, keeper.run(self._tell, crew))
            await crew.first()
        finally:
            await crew.stop()

    def _start(self, why: str) -> None:
        self._restart.clear()
        self._sync = Sync(self.settings.declared, self._documents.nothing(), self._trial_ms)
        memory = self._memory = Memory(Slots(self._board.storage, self._credential.device), self._documents)
        self._performer = Performer(
            self._sync,
            memory,
            self.settings,
            self._reports,
            self._outbox,
            self._clock,
            self.say,
            self._restart.set if self._is_safe else None,
        )
        self._health.look()  # under the watchdog from here on: what is about to be used may be what hung the board
        self._performer.start(why)
        self.show()

    def _reboot(self) -> None:
        """Where the board cannot start anew, the agent does, with another `boot`."""
        self._board.settled()
        self._board.reboot()
        self._begin_count()

    def _begin_count(self) -> None:
        self._boot = int(self._board.chance() * 0x10000) << 16 | int(self._board.chance() * 0x10000)
        self._reports = Reports(self._boot)
        self._caps = messages.caps_of(_announcement(self._drivers))

    # What the uplink asks of its owner.

    def greet(self) -> bytes:
        """The payload of a hello."""
        from henge_agent.greeting import hello  # for a moment, as passing.py says

        in_use, last = self._sync.in_use, self._reports.last
        found = self._performer.found
        return hello(self._board, self._boot, self._caps, in_use, last, free_memory(), found, self._is_safe)

    def take(self, channel: str, payload: "bytes | None") -> None:
        """A message has come; its payload is None where it was too large."""
        if payload is not None and not len(payload):
            return  # a broker clears what it retained, and tells who subscribed
        if channel == topics.DESIRED:
            self._take_desired(payload)
        elif payload is not None:
            try:
                self._commands.take(payload)
            except (BadMessage, MemoryError) as error:
                self._warn("cannot read a command: " + explain(error))

    def show(self) -> None:
        """Something may have changed."""
        if self._observer:
            self._observer.agent(self.status())

    def say(self, level: str, text: str) -> bool:
        """To the log; what somebody should look at, to the server too. Whether the server is there to hear it."""
        if self._log:
            self._log(level, text)
        if level != "info" and self._uplink.is_up:
            line = messages.Log(boot=self._boot, t=self._clock.ms(), level=level, text=text[:_MAX_LOG_TEXT])
            self._outbox.put(topics.LOG, line.encode(), 0)
        return self._uplink.is_up

    def _warn(self, text: str) -> None:
        self.say("warning", text)

    # Documents, trials, commands, readings.

    def _take_desired(self, payload: "bytes | None") -> None:
        try:
            candidate = self._documents.too_large() if payload is None else self._documents.received(payload)
        except MemoryError:  # before its signature could be looked at; connecting again would bring the same again
            candidate = self._documents.too_large()
        self._perform(self._sync.desired(candidate))

    def _perform(self, actions: list) -> None:
        self._performer.perform(actions)
        if self._sync.deadline_ms is not None:
            self._trial_began.set()
        self.show()

    async def _mind_trials(self) -> None:
        while True:
            await self._trial_began.wait()
            self._trial_began.clear()
            while self._sync.deadline_ms is not None:
                left_ms = self._sync.deadline_ms - self._clock.ms()
                await asyncio.sleep(max(0, min(left_ms, _LOOK_MS)) / 1000)
                self._perform(self._sync.tick(self._clock.ms()))

    async def _mind_restarts(self) -> None:
        await self._restart.wait()
        raise Restart()

    async def _mind_identify(self) -> None:
        while True:
            await self._asked_which.wait()
            self._asked_which.clear()
            await _identify(self._drivers, self.say)

    async def _carry_out(self, name: str, args: dict):
        from henge_agent.handlers import carry_out  # for a moment

        data = await carry_out(name, args, self._drivers, self._memory, self._outbox, self.say)
        if name == "identify":
            self._asked_which.set()
        return data

    def _answer(self, name: str, result: bytes) -> None:
        self._outbox.put(topics.RESULT, result, 1)
        if name == "reboot":
            self._outbox.finish(self._restart.set)

    async def _tell(self, readings: dict) -> None:
        """Sends readings where there is a connection; telemetry is not kept for later."""
        if self._uplink.is_up:
            telemetry = messages.Telemetry(boot=self._boot, t=self._clock.ms(), v=readings)
            self._outbox.put(topics.TELEMETRY, telemetry.encode(), 0)


def _announcement(drivers: list) -> bytes:
    from henge_agent.handlers import announcement

    return announcement(drivers)


async def _identify(drivers: list, say) -> None:
    from henge_agent.handlers import identify

    await identify(drivers, say)

"""The agent: owns every task of a board, feeds events to `sync` and performs its actions.

It decides nothing about documents itself, and nothing in it dies silently: what fails is logged and started again.
"""

import asyncio

from henge_protocol import PROTOCOL_VERSION, errors, messages, topics
from henge_protocol.errors import WHOLE_DOCUMENT, BadMessage, Problem

from henge_agent import VERSION, packets, sync
from henge_agent.backoff import Backoff
from henge_agent.clock import Clock
from henge_agent.commands import Commands
from henge_agent.compat import RUNTIME, explain, free_memory
from henge_agent.crew import Crew
from henge_agent.documents import Documents
from henge_agent.drivers.led import Led
from henge_agent.drivers.thermometer import Thermometer
from henge_agent.link import Link, LinkLost, LinkRefused
from henge_agent.memory import Memory, Recalled
from henge_agent.outbox import Outbox
from henge_agent.reports import Reports
from henge_agent.settings import NotApplied, Settings
from henge_agent.slots import Slots, StorageFailed
from henge_agent.sync import Refusal, Sync

TRIAL_MS = 120_000  # two minutes: a board finds a new network within one, and a wrong one should not strand it longer
KEEP_ALIVE_S = 30  # the server notices a vanished board within 45 s; a ping costs a Wi-Fi board little that often
_STABLE_MS = 30_000  # a connection that lived so long was no accident: the next loss begins with a short wait again
_MAX_PACKET = topics.MAX_BYTES[topics.DESIRED] + 128  # bytes: the largest message with its topic and packet id
_ROOM_FOR_LAST = (400, 0)  # bytes of the last report's errors that may go into a hello of 1 KiB, tried in turn


class Agent:
    """One board's agent. `drivers` are what the board's hardware suggests where none are given.

    `log(level, text)` gets short lines; `observer.agent(status)` gets a map whenever something in it has changed.
    """

    def __init__(
        self,
        board,
        credential,
        host: str,
        port: int,
        drivers: "list | None" = None,
        log=None,
        observer=None,
        trial_ms: int = TRIAL_MS,
        keep_alive_s: int = KEEP_ALIVE_S,
    ) -> None:
        self._board = board
        self._credential = credential
        self._server = (host, port)
        self._drivers = stock_drivers(board) if drivers is None else drivers
        self._log = log
        self._observer = observer
        self._keep_alive_s = keep_alive_s
        self._trial_ms = trial_ms
        self._clock = Clock(board.ticks_ms, board.ticks_period)
        self._backoff = Backoff(board.chance)
        self._boot = int(board.chance() * 0x10000) << 16 | int(board.chance() * 0x10000)
        self._reports = Reports(self._boot)
        self._commands = Commands()
        self._outbox = Outbox()
        self._trial_began = asyncio.Event()
        self._is_up = False
        self.settings = Settings(self._drivers, self._warn)
        self._documents = Documents(credential.device, credential.key, self.settings.declared)

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = Backoff(self._board.chance)
        while True:
            self._start()
            crew = Crew()
            crew.add("connection", self._stay_connected())
            crew.add("trial", self._mind_trials())
            for driver in self._drivers:
                crew.add(type(driver).__name__, self._keep_running(driver))
            try:
                await crew.first()
            except Exception as error:  # a fault in the agent itself: the whole set begins anew
                self._say("error", "starting again after " + explain(error))
            finally:
                await crew.stop()
            await asyncio.sleep(failures.after_loss() / 1000)

    def status(self) -> dict:
        """What the board is up to, for whoever shows it."""
        last = self._reports.last
        return {
            "device": self._credential.device,
            "mode": self.settings.get("led.mode"),
            "epoch": self._sync.in_use.epoch,
            "rev": self._sync.in_use.rev,
            "state": last.state if last else "new",
            "link": "up" if self._is_up else "down",
        }

    # From flash, at a start.

    def _start(self) -> None:
        self._memory = Memory(Slots(self._board.storage, self._credential.device), self._documents)
        self._sync = Sync(self.settings.declared, self._trial_ms)
        try:
            recalled = self._memory.recall()
        except StorageFailed as error:
            self._say("error", str(error))
            recalled = Recalled()
        is_told = recalled.current is not None
        current = recalled.current or self._documents.nothing()
        for problem in current.problems:
            self._warn("stored {}: {}; its default is used".format(problem.key, problem.text))
        if self.settings.begin(current.values) and recalled.previous:
            current = self._begin_with_previous(current, recalled)
        self._perform(self._sync.booted(current, is_told, recalled.outcome, recalled.refusal, recalled.lost_trial))

    def _begin_with_previous(self, current, recalled: Recalled):
        """The drivers do not take the newest document at this start: perhaps they take the one before."""
        previous = recalled.previous
        problems = self.settings.begin(current.values)
        assert previous is not None
        if self.settings.begin(previous.values):
            self.settings.begin(current.values)  # no better: it is the hardware
            return current
        self._memory.go_back()
        recalled.outcome = recalled.previous_outcome
        recalled.refusal = Refusal(current.order, messages.REJECTED, problems)
        self._refuse(recalled.refusal)
        return previous

    # The connection.

    async def _stay_connected(self) -> None:
        while True:
            began = self._clock.ms()
            try:
                await self._connect()
            except LinkRefused as error:
                self._warn(str(error))
                wait_ms = self._backoff.after_refusal()
            except LinkLost as error:
                self._say("info", str(error))
                if self._clock.ms() - began >= _STABLE_MS:
                    self._backoff.reset()
                wait_ms = self._backoff.after_loss()
            await asyncio.sleep(wait_ms / 1000)

    async def _connect(self) -> None:
        """One connection from beginning to end. Raises LinkLost, LinkRefused."""
        link = Link(self._clock, self._keep_alive_s, _MAX_PACKET, self._take_message)
        crew = Crew()
        try:
            await link.open(self._board.connect, self._server[0], self._server[1], self._connect_packet())
            self._say("info", "connected to {}:{}".format(*self._server))
            self._outbox.clear()
            self._set_up(True)
            self._sync.connected()
            crew.add("read", link.read())
            crew.add("watch", link.watch())
            crew.add("send", self._send(link))
            await crew.first()
        finally:
            self._set_up(False)
            await crew.stop()
            await link.close()

    async def _send(self, link: Link) -> None:
        """Who it is first, then that it is there, then what it wants to hear; after that, what comes."""
        await link.publish(self._topic(topics.HELLO), self._hello(), 1)
        await link.publish(self._topic(topics.STATUS), messages.ONLINE.encode(), 1, True)
        await link.subscribe([self._topic(topics.DESIRED), self._topic(topics.COMMAND)])
        await self._outbox.send_all(link)

    def _connect_packet(self) -> bytes:
        device = self._credential.device
        will = messages.OFFLINE.encode()
        return packets.connect(
            device, device, self._credential.password, self._topic(topics.STATUS), will, self._keep_alive_s
        )

    def _hello(self) -> bytes:
        hello = messages.Hello(
            proto=PROTOCOL_VERSION,
            uid=self._board.uid,
            agent="henge-agent " + VERSION,
            board=self._board.name,
            runtime=RUNTIME,
            caps=b"",
            epoch=self._sync.in_use.epoch,
            rev=self._sync.in_use.rev,
            digest=self._sync.in_use.digest,
            boot=self._boot,
            reset=self._board.reset_cause,
            free=free_memory(),
        )
        for room in _ROOM_FOR_LAST:
            hello.last = self._reports.last_within(room)
            try:
                return hello.encode()
            except BadMessage:
                pass  # too large
        hello.last = None
        return hello.encode()

    def _take_message(self, topic: str, payload: "bytes | None") -> None:
        if topic == self._topic(topics.DESIRED):
            candidate = self._documents.too_large() if payload is None else self._documents.received(payload)
            self._perform(self._sync.desired(candidate))
        elif topic == self._topic(topics.COMMAND) and payload is not None:
            try:
                self._outbox.put(self._topic(topics.RESULT), self._commands.answer(payload), 1)
            except BadMessage as error:
                self._warn(str(error))

    def _topic(self, channel: str) -> str:
        return topics.build(self._credential.device, channel)

    # What sync wants done.

    def _perform(self, actions: list) -> None:
        """Performs actions and what follows from them. Waits for nothing, so that none of it can be half done."""
        perform = {
            sync.STORE: self._store,
            sync.APPLY: self._apply,
            sync.KEEP: self._memory.keep,
            sync.CONFIRM: self._confirm,
            sync.REFUSE: self._refuse,
            sync.TAKE_BACK: self._take_back,
            sync.REPORT: self._report,
            sync.RECONNECT: self._outbox.leave,
        }
        while actions:
            action = actions[0]
            actions = (perform[action[0]](*action[1:]) or []) + actions[1:]
        self._show()

    def _store(self, candidate, is_trial: bool) -> list:
        try:
            self._memory.store(candidate, is_trial)
        except StorageFailed as error:
            self._say("error", str(error))
            return self._sync.failed([Problem(WHOLE_DOCUMENT, errors.DRIVER_FAILED, str(error))], False)
        return self._sync.staged()

    def _apply(self, candidate) -> list:
        try:
            self.settings.apply(candidate.values)
        except NotApplied as error:
            self._warn(str(error))
            return self._sync.failed(error.problems, True)
        actions = self._sync.applied(self._clock.ms())
        if self._sync.deadline_ms is not None:
            self._trial_began.set()
        return actions

    def _confirm(self) -> list:
        try:
            self._memory.confirm()
        except StorageFailed as error:
            self._say("error", str(error))
            return self._sync.not_confirmed()
        return self._sync.confirmed()

    def _refuse(self, refusal: Refusal) -> None:
        try:
            self._memory.refuse(refusal)
        except StorageFailed as error:  # it is refused all the same, until the next start
            self._say("error", str(error))

    def _take_back(self, candidate) -> None:
        try:
            self.settings.apply(candidate.values)
        except NotApplied as error:
            self._say("error", "cannot go back: " + str(error))

    def _report(self, order: "tuple[int, int]", state: str, digest: bytes, problems: "list[Problem]") -> None:
        report = self._reports.make(order, state, digest, problems)
        self._outbox.put(self._topic(topics.REPORT), report.encode(), 1)
        self._say("info", "revision {} {}".format(order[1], state))
        for problem in problems:
            self._say("info", "  {}: {}".format(problem.key or "the document", problem.text))

    async def _mind_trials(self) -> None:
        while True:
            await self._trial_began.wait()
            self._trial_began.clear()
            while self._sync.deadline_ms is not None:
                await asyncio.sleep(max(0, self._sync.deadline_ms - self._clock.ms()) / 1000)
                self._perform(self._sync.tick(self._clock.ms()))

    # The drivers, and what they and the agent have to say.

    async def _keep_running(self, driver) -> None:
        backoff = Backoff(self._board.chance)
        while True:
            began = self._clock.ms()
            try:
                await driver.run(self._tell)
            except Exception as error:
                self._warn("{} failed: {}".format(type(driver).__name__, explain(error)))
            if self._clock.ms() - began >= _STABLE_MS:
                backoff.reset()
            await asyncio.sleep(backoff.after_loss() / 1000)
            try:
                self.settings.repeat(driver)
            except Exception as error:
                self._warn("{} failed: {}".format(type(driver).__name__, explain(error)))

    async def _tell(self, readings: dict) -> None:
        """Sends readings where there is a connection; telemetry is not kept for later."""
        if self._is_up:
            telemetry = messages.Telemetry(boot=self._boot, t=self._clock.ms(), v=readings)
            self._outbox.put(self._topic(topics.TELEMETRY), telemetry.encode(), 0)

    def _warn(self, text: str) -> None:
        self._say("warning", text)

    def _say(self, level: str, text: str) -> None:
        """To the log; what somebody should look at, to the server too."""
        if self._log:
            self._log(level, text)
        if level != "info" and self._is_up:
            line = messages.Log(boot=self._boot, t=self._clock.ms(), level=level, text=text[:400])
            self._outbox.put(self._topic(topics.LOG), line.encode(), 0)

    def _set_up(self, is_up: bool) -> None:
        self._is_up = is_up
        self._show()

    def _show(self) -> None:
        if self._observer:
            self._observer.agent(self.status())


def stock_drivers(board) -> list:
    """A driver for each piece of hardware that a board has."""
    drivers: list = [Led(board.light)]
    if board.sensor is not None:
        drivers.append(Thermometer(board.sensor))
    return drivers

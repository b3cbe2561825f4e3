"""The agent: owns every task of a board, feeds events to `sync` and performs its actions.

It decides nothing about documents itself, and nothing in it dies silently: what fails is logged and started again.
"""

import asyncio

from henge_protocol import messages, topics
from henge_protocol.errors import BadMessage

from henge_agent import packets, trust
from henge_agent.address import Address
from henge_agent.backoff import Backoff
from henge_agent.clock import Clock
from henge_agent.commands import Commands
from henge_agent.compat import explain, free_memory
from henge_agent.crew import Crew
from henge_agent.documents import Documents
from henge_agent.drivers.server import Server
from henge_agent.greeting import hello
from henge_agent.link import CredentialRefused, Link, LinkClosed, LinkLeft, LinkLost, LinkRefused, ServerNotTrusted
from henge_agent.memory import Memory
from henge_agent.outbox import Outbox
from henge_agent.performer import Performer
from henge_agent.reports import Reports
from henge_agent.settings import Settings
from henge_agent.slots import Slots
from henge_agent.sync import Sync

TRIAL_MS = 120_000  # two minutes: a board finds a new network within one, and a wrong one should not strand it longer
KEEP_ALIVE_S = 30  # the server notices a vanished board within 45 s; a ping costs a Wi-Fi board little that often
_STABLE_MS = 30_000  # what lived so long failed by no fault of its beginning: the next wait is a short one again
_MANY_CLOSED = 3  # connections in a row that lived shorter than that: a server that restarts closes one
_NEW_CREDENTIAL = "`fleetctl device rotate {} --out FILE` makes a new credential; `device add`, if it was removed"
_MAX_PACKET = topics.MAX_BYTES[topics.DESIRED] + 128  # bytes: the largest message with its topic and packet id
_MAX_LOG_TEXT = 200  # characters of a log line: even at four bytes each they fit into the message's 1 KiB


class Agent:
    """One board's agent. `address` is where its server is, as long as no setting says otherwise. `drivers` are the
    board's own where none are given. `tls` is a context of compat.tls_context, for addresses with TLS.

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
    ) -> None:
        self._board = board
        self._credential = credential
        self._tls = tls
        self._server = Server(address, tls is not None)
        own = [self._server] + ([board.wifi] if board.wifi else [])
        self._drivers = own + (board.drivers() if drivers is None else drivers)
        self._log = log
        self._observer = observer
        self._trial_ms = trial_ms
        self._keep_alive_s = keep_alive_s
        self._clock = Clock(board.ticks_ms, board.ticks_period)
        self._backoff = Backoff(board.chance)
        self._boot = int(board.chance() * 0x10000) << 16 | int(board.chance() * 0x10000)
        self._reports = Reports(self._boot)
        self._commands = Commands()
        self._outbox = Outbox(credential.device)
        self._trial_began = asyncio.Event()
        self._is_up = False
        self._closed_early = 0  # connections in a row
        self.settings = Settings(self._drivers, self._warn)
        self._documents = Documents(credential.device, credential.key, self.settings.declared)

    async def run(self) -> None:
        """Until it is cancelled. When one task dies, all begin anew, from what is on flash."""
        backoff = Backoff(self._board.chance)
        why = "the board started again during the trial ({})".format(self._board.reset_cause)
        while True:
            began = self._clock.ms()
            crew = Crew()
            try:
                self._start(why)
                crew.add("connection", self._stay_connected())
                crew.add("trials", self._mind_trials())
                for driver in self._drivers:
                    crew.add(type(driver).__name__, self._keep_running(driver))
                await crew.first()
            except Exception as error:  # a fault in the agent itself
                self._say("error", "starting again after " + explain(error))
                why = "the agent started again during the trial after " + explain(error)
            finally:
                await crew.stop()
            await asyncio.sleep(self._wait_after(began, backoff))

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

    def _start(self, why: str) -> None:
        self._sync = Sync(self.settings.declared, self._documents.nothing(), self._trial_ms)
        memory = Memory(Slots(self._board.storage, self._credential.device), self._documents)
        self._performer = Performer(
            self._sync, memory, self.settings, self._reports, self._outbox, self._clock, self._say
        )
        self._performer.start(why)
        self._show()

    def _wait_after(self, began_ms: int, backoff: Backoff, is_trial: bool = False) -> float:
        """Seconds to wait after the end of what began then."""
        if self._clock.ms() - began_ms >= _STABLE_MS:
            backoff.reset()
        return backoff.after_loss(is_trial) / 1000

    # The connection.

    async def _stay_connected(self) -> None:
        while True:
            began = self._clock.ms()
            self._outbox.clear()
            try:
                await self._connect()
            except LinkLeft as error:  # what failed before was another network or server
                self._say("info", str(error))
                self._backoff.reset()
                continue
            except LinkRefused as error:
                self._sync.disconnected(str(error))
                wait_s = self._backoff.after_refusal(self._is_trial()) / 1000
                self._warn(_with_wait(error, wait_s))
                if isinstance(error, CredentialRefused):
                    self._warn(_NEW_CREDENTIAL.format(self._credential.device))
                if isinstance(error, ServerNotTrusted):
                    for todo in trust.todo(error.faults, self._server.address.host, self._credential.device):
                        self._warn(todo)
            except LinkLost as error:
                self._sync.disconnected(str(error))
                wait_s = self._wait_after(began, self._backoff, self._is_trial())
                self._say("info", _with_wait(error, wait_s))
                self._suspect_a_twin(error, began)
            await self._pause(wait_s)

    def _is_trial(self) -> bool:
        return self._sync.deadline_ms is not None

    async def _pause(self, seconds: float) -> None:
        """Ends early when the next connection is to be another one."""
        try:
            await self._unless_left(asyncio.sleep(seconds))
        except LinkLeft:
            self._backoff.reset()

    async def _unless_left(self, coroutine) -> None:
        """Awaits it. Raises what it raises, and LinkLeft where another connection is wanted meanwhile."""
        crew = Crew()
        crew.add("coroutine", coroutine)
        crew.add("leave", self._outbox.left())
        try:
            await crew.first()
        finally:
            await crew.stop()

    def _suspect_a_twin(self, error: LinkLost, began_ms: int) -> None:
        """Two agents with one credential take the connection from each other, and neither can see why it ends."""
        early = isinstance(error, LinkClosed) and self._clock.ms() - began_ms < _STABLE_MS
        self._closed_early = self._closed_early + 1 if early else 0
        if early and self._closed_early % _MANY_CLOSED == 0:
            self._warn("closed {} times in a row: does another agent use this credential?".format(self._closed_early))

    async def _connect(self) -> None:
        """One connection from beginning to end. Raises LinkLost, LinkRefused."""
        link = Link(self._clock, self._keep_alive_s, _MAX_PACKET, self._take_message)
        crew = Crew()
        try:
            address = self._server.address
            opening = link.open(self._open, address.host, address.port, self._connect_packet())
            await self._unless_left(opening)
            how = "with TLS" if address.with_tls else "without TLS"
            self._say("info", "connected to {}, {}".format(address, how))
            self._sync.connected(str(address))
            self._is_up = True
            self._show()
            crew.add("read", link.read())
            crew.add("watch", link.watch())
            crew.add("send", self._send(link))
            await crew.first()
        finally:
            self._is_up = False
            await crew.stop()
            await link.close()
            self._show()

    async def _open(self, host: str, port: int):
        tls = self._tls if self._server.address.with_tls else None
        return await self._board.connect(host, port, tls)

    async def _send(self, link: Link) -> None:
        """Who it is first, then that it is there, then what it wants to hear; after that, what comes."""
        payload = hello(self._board, self._sync.in_use, self._reports, self._boot, free_memory())
        await link.publish(self._topic(topics.HELLO), payload, 1)
        await link.publish(self._topic(topics.STATUS), messages.ONLINE.encode(), 1, True)
        await link.subscribe([self._topic(topics.DESIRED), self._topic(topics.COMMAND)])
        await self._outbox.send_all(link)

    def _connect_packet(self) -> bytes:
        who = self._credential
        will = messages.OFFLINE.encode()
        return packets.connect(
            who.device, who.device, who.password, self._topic(topics.STATUS), will, self._keep_alive_s
        )

    def _take_message(self, topic: str, payload: "bytes | None") -> None:
        if payload is not None and not len(payload):
            return  # a broker clears what it retained, and tells who subscribed
        if topic == self._topic(topics.DESIRED):
            self._take_desired(payload)
        elif topic == self._topic(topics.COMMAND) and payload is not None:
            try:
                self._outbox.put(topics.RESULT, self._commands.answer(payload), 1)
            except BadMessage as error:
                self._warn(str(error))

    def _take_desired(self, payload: "bytes | None") -> None:
        try:
            candidate = self._documents.too_large() if payload is None else self._documents.received(payload)
        except MemoryError:  # a board whose heap is in pieces; connecting again would bring the same document again
            candidate = self._documents.too_large()
        self._perform(self._sync.desired(candidate))

    def _perform(self, actions: list) -> None:
        self._performer.perform(actions)
        if self._sync.deadline_ms is not None:
            self._trial_began.set()
        self._show()

    async def _mind_trials(self) -> None:
        while True:
            await self._trial_began.wait()
            self._trial_began.clear()
            while self._sync.deadline_ms is not None:
                await asyncio.sleep(max(0, self._sync.deadline_ms - self._clock.ms()) / 1000)
                self._perform(self._sync.tick(self._clock.ms()))

    def _topic(self, channel: str) -> str:
        return topics.build(self._credential.device, channel)

    # The drivers, and what they and the agent have to say.

    async def _keep_running(self, driver) -> None:
        backoff = Backoff(self._board.chance)
        name = type(driver).__name__
        while True:
            began = self._clock.ms()
            try:
                await driver.run(self._tell)
            except Exception as error:
                self._warn("{} failed: {}".format(name, explain(error)))
            await asyncio.sleep(self._wait_after(began, backoff))
            try:
                self.settings.repeat(driver)
            except Exception as error:
                self._warn("{} did not take its settings: {}".format(name, explain(error)))

    async def _tell(self, readings: dict) -> None:
        """Sends readings where there is a connection; telemetry is not kept for later."""
        if self._is_up:
            telemetry = messages.Telemetry(boot=self._boot, t=self._clock.ms(), v=readings)
            self._outbox.put(topics.TELEMETRY, telemetry.encode(), 0)

    def _warn(self, text: str) -> None:
        self._say("warning", text)

    def _say(self, level: str, text: str) -> None:
        """To the log; what somebody should look at, to the server too."""
        if self._log:
            self._log(level, text)
        if level != "info" and self._is_up:
            line = messages.Log(boot=self._boot, t=self._clock.ms(), level=level, text=text[:_MAX_LOG_TEXT])
            self._outbox.put(topics.LOG, line.encode(), 0)

    def _show(self) -> None:
        if self._observer:
            self._observer.agent(self.status())


def _with_wait(error: LinkLost, wait_s: float) -> str:
    return "{}; trying again in {} s".format(error, int(wait_s) + 1)

"""Uplink: keeps one connection to the server, and makes it anew whenever it is lost, however long that takes.

It knows how to get there and when to try again. What is said there is the agent's affair.
"""

import asyncio

from henge_protocol import messages, topics

from henge_agent import packets
from henge_agent.address import Address
from henge_agent.backoff import Backoff
from henge_agent.compat import reason
from henge_agent.crew import Crew
from henge_agent.link import Link, LinkClosed, LinkLeft, LinkLost, LinkRefused

STABLE_MS = 30_000  # what lived so long failed by no fault of its beginning: the next wait is a short one again
_MANY_CLOSED = 3  # connections in a row that lived shorter than that: a server that restarts closes one
_MAX_PACKET = topics.MAX_BYTES[topics.DESIRED] + 128  # bytes: the largest message with its topic and packet id


class Uplink:
    """Of one board, with its credential, to where `server.address` says; `tls` is as for the agent.

    `owner` has `greet()`, the payload of a hello; `take(channel, payload)`, which gets each message; `say(level,
    text)`; and `show()`, called when the connection comes or goes. `health.sign(seconds)` hears that all is well.
    """

    def __init__(self, board, credential, server, tls, keep_alive_s: int, clock, health, outbox, owner) -> None:
        self._board = board
        self._credential = credential
        self._server = server
        self._tls = tls
        self._keep_alive_s = keep_alive_s
        self._clock = clock
        self._health = health
        self._outbox = outbox
        self._owner = owner
        self._backoff = Backoff(board.chance)
        self._closed_early = 0  # connections in a row
        self.is_up = False

    async def run(self, sync) -> None:
        """Until it is cancelled. `sync` hears of every connection and of every end of one."""
        while True:
            self._health.sign()
            began = self._clock.ms()
            self._outbox.clear()
            try:
                await self._connect(sync)
            except LinkLeft as error:  # what failed before was another network or server
                self._owner.say("info", str(error))
                self._backoff.reset()
                continue
            except LinkLost as error:
                sync.disconnected(str(error))
                wait_s = self._wait(error, began, sync.deadline_ms is not None)
            await self._pause(wait_s)

    def _wait(self, error: LinkLost, began_ms: int, is_trial: bool) -> float:
        """Seconds until the next attempt, after having said what is wrong with the last one."""
        is_refused = isinstance(error, LinkRefused)
        if is_refused:
            wait_s = self._backoff.after_refusal(is_trial) / 1000
        else:
            if self._clock.ms() - began_ms >= STABLE_MS:
                self._backoff.reset()
            wait_s = self._backoff.after_loss(is_trial) / 1000
        level = "warning" if is_refused else "info"
        self._owner.say(level, "{}; trying again in {} s".format(error, int(wait_s) + 1))
        if isinstance(error, LinkRefused):
            for todo in error.todo:
                self._owner.say(level, todo.format(device=self._credential.device))
        else:
            self._suspect_a_twin(error, began_ms)
        return wait_s

    async def _pause(self, seconds: float) -> None:
        """Ends early when the next connection is to be another one."""
        self._health.sign(seconds)
        try:
            await self._unless_left(_nap(seconds))
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
        early = isinstance(error, LinkClosed) and self._clock.ms() - began_ms < STABLE_MS
        self._closed_early = self._closed_early + 1 if early else 0
        if early and self._closed_early % _MANY_CLOSED == 0:
            text = "closed {} times in a row: does another agent use this credential?"
            self._owner.say("warning", text.format(self._closed_early))

    async def _connect(self, sync) -> None:
        """One connection from beginning to end. Raises LinkLost, LinkRefused."""
        link = Link(self._clock, self._keep_alive_s, _MAX_PACKET, self._take)
        crew = Crew()
        try:
            address = self._server.address
            await self._unless_left(self._open(link, address))
            how = "with TLS" if address.with_tls else "without TLS"
            self._owner.say("info", "connected to {}, {}".format(address, how))
            sync.connected(str(address))
            self.is_up = True
            self._owner.show()
            crew.add("read", link.read())
            crew.add("watch", link.watch(self._health.sign))
            crew.add("send", self._send(link))
            await crew.first()
        finally:
            self.is_up = False
            try:
                await crew.stop()
            finally:
                await link.close()
                self._owner.show()

    async def _open(self, link: Link, address: Address) -> None:
        """Joins the Wi-Fi first, which has its own time limit, not the link's. Raises LinkLost, LinkRefused."""
        if self._board.wifi:
            try:
                await self._board.wifi.join()
            except OSError as error:
                raise LinkLost(reason(error))
        await link.open(self._stream, address.host, address.port, self._connect_packet())

    async def _stream(self, host: str, port: int):
        tls = self._tls if self._server.address.with_tls else None
        return await self._board.connect(host, port, tls)

    async def _send(self, link: Link) -> None:
        """Who it is first, then that it is there, then what it wants to hear; after that, what comes."""
        await link.publish(self._topic(topics.HELLO), self._owner.greet(), 1)
        await link.publish(self._topic(topics.STATUS), messages.ONLINE.encode(), 1, True)
        await link.subscribe([self._topic(topics.DESIRED), self._topic(topics.COMMAND)])
        await self._outbox.send_all(link)

    def _connect_packet(self) -> bytes:
        who = self._credential
        will = messages.OFFLINE.encode()
        return packets.connect(
            who.device, who.device, who.password, self._topic(topics.STATUS), will, self._keep_alive_s
        )

    def _take(self, topic: str, payload: "bytes | None") -> None:
        for channel in topics.TO_DEVICE:
            if topic == self._topic(channel):
                self._owner.take(channel, payload)

    def _topic(self, channel: str) -> str:
        return topics.build(self._credential.device, channel)


async def _nap(seconds: float) -> None:
    await asyncio.sleep(seconds)  # within a coroutine: MicroPython's sleep is one object, to be awaited at once

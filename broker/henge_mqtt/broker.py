"""The broker: what all connections share, the routing of messages, and the start and end of it all.

It owns every task and the one timer there is. All methods are to be called on the event loop.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl as tls
import time
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

from henge_mqtt import reasons
from henge_mqtt.client import Client
from henge_mqtt.connection import Connection
from henge_mqtt.errors import ListenError, Malformed
from henge_mqtt.gate import Gate
from henge_mqtt.hooks import Hooks
from henge_mqtt.journal import Journal
from henge_mqtt.limits import Limits
from henge_mqtt.listener import BACKLOG, Listener
from henge_mqtt.message import Message
from henge_mqtt.outbox import Outbox
from henge_mqtt.retained import Retained
from henge_mqtt.roster import Roster
from henge_mqtt.sessions import Sessions
from henge_mqtt.stats import Stats
from henge_mqtt.subscriptions import Subscriptions
from henge_mqtt.sys_topics import SysTopics
from henge_mqtt.tlsserver import TlsServer
from henge_mqtt.topics import Topics
from henge_mqtt.wheel import TICK_S, Wheel


def random_client_id() -> str:
    """An id for a client that sent none (3.1.3-6); nobody else can guess it and take the connection over."""
    return f"auto-{secrets.token_hex(8)}"


class Broker:
    """An MQTT 3.1.1 broker: `listen` opens it, `close` ends it; `hooks` decide, `limits` bound."""

    def __init__(
        self,
        hooks: Hooks | None = None,
        limits: Limits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        make_id: Callable[[], str] = random_client_id,
        sys_interval: float = 0,
    ) -> None:
        """With `sys_interval`, in seconds, it publishes the `$SYS` topics; 0: none."""
        self.hooks = hooks or Hooks()
        self.limits = limits or Limits()
        self.clock = clock
        self.make_id = make_id
        self.stats = Stats()
        self.topics = Topics(self.limits)
        self.subscriptions = Subscriptions()
        self.gate = Gate(self.limits)
        self.wheel = Wheel(clock)
        self.journal = Journal(self.wheel.now)
        self.sessions = Sessions(self.limits, self.stats, self.subscriptions, self.journal)
        self.roster = Roster(self.sessions, clock)
        """Who has a session, and what is known of each."""
        self.retained = Retained(self.limits, self.stats)
        self.outbox = Outbox()
        self.connected: dict[str, Connection] = {}
        self.clients: Mapping[str, Client] = MappingProxyType(self.connected)
        """Who is connected now, by client id; read-only."""
        self._sys = SysTopics(self, sys_interval) if sys_interval else None
        self._sockets: set[Connection] = set()
        self._servers: list[asyncio.Server | TlsServer] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.TimerHandle | None = None
        self._closed = False
        self._empty = asyncio.Event()

    # --- for the application ------------------------------------------------------------------------------------------

    async def listen(self, host: str, port: int, *, ssl: tls.SSLContext | None = None) -> Listener:
        """Accept connections on `host` and `port` (0: any free one); raises ListenError.

        With `ssl`, a context of `server_context`: TLS connections only.
        """
        loop = asyncio.get_running_loop()
        try:
            if ssl is None:
                server = await loop.create_server(lambda: Connection(self), host, port, backlog=BACKLOG)
            else:
                server = await TlsServer.open(self, host, port, ssl)
        except OSError as problem:
            raise ListenError(host, port, problem) from problem
        self._servers.append(server)
        if self._ticking is None:
            self._ticking = loop.call_later(TICK_S, self._tick_on)
            if self._sys:
                self._sys.start()
        return Listener(server)

    async def close(self) -> None:
        """Stop listening, end every connection (wills are published) and every task. The broker is of no use then."""
        self._closed = True
        for server in self._servers:
            server.close()
        for connection in list(self._sockets):
            connection.close(reasons.BROKER_CLOSED)
        await asyncio.sleep(0)  # let every task begin: it can only clean up after itself once it has
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._sockets_gone()
        if self._ticking is not None:
            self._ticking.cancel()
        self.journal.close()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> int:
        """Publish from the application; returns how many sessions subscribe to `topic`.

        Raises ValueError for a name that cannot be published to, or a QoS over 2.
        """
        try:
            name = self.topics.name(topic.encode())
        except Malformed as problem:
            raise ValueError(f"cannot publish to {topic!r}: {problem}") from None
        if qos not in (0, 1, 2):
            raise ValueError(f"cannot publish with QoS {qos}")
        return self.accept(Message(name, payload, qos, retain))

    def disconnect(self, client_id: str, reason: str) -> bool:
        """End a client's connection; False: there is none."""
        connection = self.connected.get(client_id)
        if connection is None:
            return False
        connection.close(reason)
        return True

    def tick(self) -> None:
        """Close who is due by the clock. The broker does so every second; a test does it after moving its clock."""
        for connection in self.wheel.turn():
            connection.due()
        self.journal.turn(self.wheel.now)
        if self._sys:
            self._sys.turn(self.wheel.now)

    @property
    def is_open(self) -> bool:
        """Until `close` is called."""
        return not self._closed

    # --- for the parts ------------------------------------------------------------------------------------------------

    def accept(self, message: Message) -> int:
        """Keep a retained message (3.3.1.3) and hand it to all that subscribe (3.3.5); returns how many those are."""
        if message.retain:
            self.retained.keep(message)
        receivers = self.subscriptions.match(message.topic)
        qos = message.qos
        for session, granted in receivers.items():
            session.deliver(message, granted if granted < qos else qos)
        return len(receivers)

    def admit(self, address: str) -> bool:
        """A socket was accepted, from `address` (`host:port`), and nothing read from it yet. False: close it.

        Asked once for each socket: before the handshake, where there is TLS.
        """
        if self._closed:
            return False
        if self.stats.connections + self.stats.handshakes >= self.limits.connections:
            limit = "connections"
        else:
            limit = self.gate.refusal(address.rpartition(":")[0], self.wheel.now)
        self.stats.sockets += 1
        if limit:
            self.stats.refused_connections += 1
            self.stats.reached[limit] += 1
            self.journal.refused(address, reasons.OF_LIMITS[limit], f"limit {limit}")
        return not limit

    def add(self, connection: Connection) -> None:
        """A connection is open, admitted or about to be closed."""
        self._sockets.add(connection)
        self._empty.clear()
        self.stats.connections += 1

    def gone(self, connection: Connection) -> None:
        """A socket is closed."""
        self._sockets.discard(connection)
        self.stats.connections -= 1
        if not self._sockets:
            self._empty.set()

    def ended(self, connection: Connection, reason: str) -> None:
        """An accepted connection has ended: its session, what it had sent, its will (3.1.2-8), its presence."""
        del self.connected[connection.id]
        self.stats.disconnects += 1
        self.sessions.leave(connection.session)
        if connection.inbox is not None:
            connection.inbox.end()
        if connection.will is not None:
            self.accept(connection.will)
        try:
            self.hooks.on_presence(connection, False, reason)
        except Exception:
            self.stats.hook_failures += 1
            self.journal.failed(connection, "hook on_presence")

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run `work`, which waits for the application or for a handshake, as a task of the broker's."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _tick_on(self) -> None:
        self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick_on)
        self.tick()

    async def _sockets_gone(self) -> None:
        """Wait until the last bytes are out and all sockets closed, or cut them."""
        if not self._sockets:
            return
        try:
            await asyncio.wait_for(self._empty.wait(), self.limits.close_timeout)
        except TimeoutError:
            for connection in list(self._sockets):
                connection.due()
            await self._empty.wait()

"""Listening with TLS: each socket is admitted first, then shakes hands, then is a connection like any other.

The event loops' own TLS servers shake hands before any protocol hears of a socket, so that no limit would hold until
then. This one owns the listening sockets; the broker owns the tasks.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Self

from henge_mqtt.handshake import Handshake
from henge_mqtt.listener import BACKLOG

if TYPE_CHECKING:
    from henge_mqtt.broker import Broker

log = logging.getLogger(__name__)

ACCEPTS_PER_TURN = 16
"""Sockets accepted in one turn of the loop: a handshake costs 0.6 ms, and other clients are not to wait for a storm."""

PAUSE_S = 1.0
"""After an accept that the system refused, for lack of file descriptors or memory: trying at once would only spin."""


class TlsServer:
    """Listening sockets, in the place of an `asyncio.Server`."""

    def __init__(self, broker: Broker, context: ssl.SSLContext, sockets: list[socket.socket]) -> None:
        self._broker = broker
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}
        self.sockets = sockets
        for listening in sockets:
            self._loop.add_reader(listening, self._accept, listening)

    @classmethod
    async def open(cls, broker: Broker, host: str, port: int, context: ssl.SSLContext) -> Self:
        """On every address that `host` stands for. Raises OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        sockets: list[socket.socket] = []
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                sockets.append(socket.create_server(address[:2], family=family, backlog=BACKLOG))
                sockets[-1].setblocking(False)
        except OSError:
            for listening in sockets:
                listening.close()
            raise
        return cls(broker, context, sockets)

    def close(self) -> None:
        """Stop listening; a second time does nothing. Handshakes that have begun go on."""
        while self.sockets:
            listening = self.sockets.pop()
            if listening in self._paused:
                self._paused.pop(listening).cancel()
            self._loop.remove_reader(listening)
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                self._pause(listening, problem)
                return
            self._take(accepted, f"{peer[0]}:{peer[1]}")

    def _take(self, accepted: socket.socket, address: str) -> None:
        if not self._broker.admit(address):
            accepted.close()
            return
        accepted.setblocking(False)
        Handshake(self._broker, self._context, accepted, address).start()

    def _pause(self, listening: socket.socket, problem: OSError) -> None:
        log.error("cannot accept a connection: %s; trying again in %d s", problem.strerror, PAUSE_S)
        self._loop.remove_reader(listening)
        self._paused[listening] = self._loop.call_later(PAUSE_S, self._go_on, listening)

    def _go_on(self, listening: socket.socket) -> None:
        del self._paused[listening]
        self._loop.add_reader(listening, self._accept, listening)

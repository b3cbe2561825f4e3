"""An address the broker listens on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

BACKLOG = 8192
"""Connections the kernel may hold for us: with fewer, a storm of connects waits for SYN retries (1, 3, 7 s)."""


class Server(Protocol):
    """What accepts: asyncio's server, or ours for TLS."""

    @property
    def sockets(self) -> Sequence[socket.socket]: ...

    def close(self) -> None: ...


class Listener:
    """A listening socket; `host` and `port` are the real ones, also where port 0 was asked for."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.host, self.port = server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Stop listening; connections that were accepted stay."""
        self._server.close()
        await asyncio.sleep(0)  # the loop lets go of the socket in its next turn

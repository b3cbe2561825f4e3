"""An address the broker listens on."""

from __future__ import annotations

import asyncio


class Listener:
    """A listening socket; `host` and `port` are the real ones, also where port 0 was asked for."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.host, self.port = server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Stop listening; connections that were accepted stay."""
        self._server.close()
        await asyncio.sleep(0)  # the loop lets go of the socket in its next turn

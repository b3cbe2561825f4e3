"""The way out of a virtual board: each address that it connects to is a port of this computer that leads there, for as
long as its Wi-Fi lasts.
"""

import asyncio
import threading
import time
from collections.abc import Callable

from fleetsim.carrier import Carrier


class Uplink:
    """`is_up()` says whether what is sent arrives. It has a thread of its own, until close()."""

    def __init__(self, is_up: Callable[[], bool]) -> None:
        self._is_up = is_up
        self.attempts: list[float] = []  # when connections were asked for, in seconds of the monotonic clock
        self._ways: dict[tuple[str, int], int] = {}
        self._servers: list[asyncio.Server] = []
        self._carrier = Carrier()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="virtual board's network", daemon=True)
        self._thread.start()

    def way(self, host: str, port: int) -> int:
        """A port of this computer that leads there."""
        if (host, port) not in self._ways:
            self._ways[host, port] = asyncio.run_coroutine_threadsafe(self._open(host, port), self._loop).result()
        return self._ways[host, port]

    def orphan(self) -> None:
        """The board is about to die: nothing more is carried, and the other ends hear nothing of it."""
        asyncio.run_coroutine_threadsafe(self._orphan(), self._loop).result()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self, host: str, port: int) -> int:
        async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.attempts.append(time.monotonic())
            await self._carrier.carry(reader, writer, host, port, self._is_up)

        server = await asyncio.start_server(arrived, "127.0.0.1", 0)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _orphan(self) -> None:
        self._carrier.die()
        await self._carrier.ended()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        await self._carrier.close()

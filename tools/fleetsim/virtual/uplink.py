"""The way out of a virtual board: its TCP connections are carried to where they lead for as long as its Wi-Fi lasts.

While it does not, what is sent waits, as a lost packet waits for its repetition. A board that loses its power says
nothing to the other end: the connection stays there as an orphan, which is what a server has to cope with.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine

_LOOK_EVERY = 0.02  # seconds
_PIECE = 4096
_ORPHANS = 16  # connections of former lives that are kept open


class Uplink:
    """`is_up()` says whether what is sent arrives. It has a thread of its own, until close()."""

    def __init__(self, is_up: Callable[[], bool]) -> None:
        self._is_up = is_up
        self.attempts: list[float] = []  # when connections were asked for, in seconds of the monotonic clock
        self._ways: dict[tuple[str, int], int] = {}
        self._servers: list[asyncio.Server] = []
        self._carried: set[asyncio.Task[None]] = set()
        self._orphans: deque[asyncio.StreamWriter] = deque()
        self._is_orphaned = False
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
            await self._carry(reader, writer, host, port)

        server = await asyncio.start_server(arrived, "127.0.0.1", 0)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            await self._until_up()
            far_reader, far = await asyncio.open_connection(host, port)
            await self._both(self._pass_on(reader, far), self._pass_on(far_reader, writer))
        except OSError:
            pass  # refused: the board hears of it below
        except asyncio.CancelledError:
            if far and self._is_orphaned:
                self._orphans.append(far)
                far = None
        finally:
            self._carried.discard(task)
            for end in (writer, far):
                if end:
                    end.close()

    async def _both(self, *directions: Coroutine[None, None, None]) -> None:
        """Until one of them ends."""
        tasks = [asyncio.create_task(direction) for direction in directions]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, to its end."""
        try:
            while data := await reader.read(_PIECE):
                await self._until_up()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # reset by one of the two
        await self._until_up()

    async def _until_up(self) -> None:
        while not self._is_up():
            await asyncio.sleep(_LOOK_EVERY)

    async def _orphan(self) -> None:
        self._is_orphaned = True
        await self._cancel()
        self._is_orphaned = False
        while len(self._orphans) > _ORPHANS:
            self._orphans.popleft().transport.abort()

    async def _cancel(self) -> None:
        tasks = list(self._carried)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        await self._cancel()
        for orphan in self._orphans:
            orphan.transport.abort()
        await asyncio.sleep(0)  # closed connections are taken out of the loop in its next turn

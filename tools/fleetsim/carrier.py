"""Carrier: the bytes of a simulated board's connections, to where they lead and back, for as long as its network is up.

While it is not, what is sent waits, as a lost packet waits for its repetition. A board that loses its power says
nothing to the other end: the connection stays there as an orphan, which is what a server has to cope with.
"""

import asyncio
from collections import deque
from collections.abc import Callable

_LOOK_EVERY_S = 0.01  # while nothing is carried
_PIECE = 4096
_ORPHANS = 16  # connections of former lives that are kept open


class Carrier:
    """`delay_s` is for each piece and direction; `piece` is how many bytes there are in one."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.piece = _PIECE
        self._carried: set[asyncio.Task[None]] = set()
        self._dying: set[asyncio.Task[None]] = set()  # of the carried ones: their far ends will hear nothing
        self._orphans: deque[asyncio.StreamWriter] = deque()

    async def carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        host: str,
        port: int,
        is_up: Callable[[], bool],
    ) -> None:
        """One connection, until one of its ends closes it, or it is dropped."""
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            await _until(is_up)
            far_reader, far = await asyncio.open_connection(host, port)
            await self._both(far_reader, far, reader, writer, is_up)
        except OSError:
            pass  # refused: the board hears of it below
        except asyncio.CancelledError:
            writer.transport.abort()
            if far and task in self._dying:
                self._keep(far)
                far = None
        finally:
            self._carried.discard(task)
            self._dying.discard(task)
            for end in (writer, far):
                if end:
                    end.close()

    def drop(self) -> None:
        """Every connection ends, and both ends hear of it."""
        for task in self._carried:
            task.cancel()

    def die(self) -> None:
        """The board has no power any more: nothing more is carried, and the far ends hear nothing of it."""
        self._dying |= self._carried
        self.drop()

    async def ended(self) -> None:
        """Returns when nothing is carried any more."""
        await asyncio.gather(*self._carried, return_exceptions=True)

    async def close(self) -> None:
        """Everything ends, orphans too."""
        self.drop()
        await self.ended()
        for orphan in self._orphans:
            orphan.transport.abort()
        await asyncio.sleep(0)  # closed transports are taken out of the loop in its next turn

    def _keep(self, orphan: asyncio.StreamWriter) -> None:
        self._orphans.append(orphan)
        if len(self._orphans) > _ORPHANS:
            self._orphans.popleft().transport.abort()

    async def _both(
        self,
        far_reader: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        is_up: Callable[[], bool],
    ) -> None:
        """Both directions, until one of them ends."""
        directions = [self._pass_on(reader, far, is_up), self._pass_on(far_reader, writer, is_up)]
        passing = [asyncio.create_task(direction) for direction in directions]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in passing:
                one.cancel()
            await asyncio.gather(*passing, return_exceptions=True)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_up: Callable[[], bool]
    ) -> None:
        """One direction, to its end."""
        try:
            while data := await reader.read(self.piece):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await _until(is_up)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # reset by one of the two
        await _until(is_up)


async def _until(is_up: Callable[[], bool]) -> None:
    while not is_up():
        await asyncio.sleep(_LOOK_EVERY_S)

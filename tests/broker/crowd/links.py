"""The network between the crowd and the broker: a TCP proxy that breaks up what clients send and cuts amid a packet.

When the client hears of a cut, the broker has closed its side already: nothing of the old connection is still under way
when the client comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

PERFECT, BYTEWISE, SPLIT, CUTTING = LINKS = ("perfect", "bytewise", "split", "cutting")

PIECES = {BYTEWISE: 1, SPLIT: 9, CUTTING: 1460}
"""Bytes from a client that pass in one piece at most; what the broker sends passes as it comes."""

WHOLE = 65536
"""Bytes that are read at once, and pass in one piece."""

GONE = (ConnectionError, RuntimeError)
"""What reading from or writing to an end that has vanished raises; the second is uvloop's."""

LONGEST_CUT = 2500
"""Bytes in both directions after which a cutting link has cut at the latest."""


class Proxy:
    """Passes connections on to `target`; the kind of link says in what pieces, and whether it ends them."""

    def __init__(self, kind: str, target: int, rng: Random) -> None:
        self._kind = kind
        self._target = target
        self._rng = rng
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Returns the port to connect to."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        return self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """To be called when all clients are gone: then the connections end by themselves."""
        self._server.close()
        await asyncio.gather(*self._tasks)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(reader, writer), name=f"{self._kind} link")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        passage = _Passage(self._kind, self._rng, up_writer)
        try:
            await asyncio.gather(passage.up(reader), passage.down(up_reader, writer))
        finally:
            for end in (up_writer, writer):
                end.transport.abort()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


class _Passage:
    """One connection through the proxy."""

    def __init__(self, kind: str, rng: Random, up_writer: asyncio.StreamWriter) -> None:
        self._left = rng.randrange(1, LONGEST_CUT) if kind == CUTTING else None
        self._longest = PIECES[kind]
        self._rng = rng
        self._up_writer = up_writer
        self._cut = False

    async def up(self, reader: asyncio.StreamReader) -> None:
        """From the client to the broker."""
        try:
            await self._copy(reader, self._up_writer, self._longest)
        except GONE:  # the client has vanished
            self._up_writer.transport.abort()
        else:
            self._end_up()

    async def down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the broker to the client, up to the broker's end; after a cut the client gets nothing of it."""
        with contextlib.suppress(*GONE):
            await self._copy(reader, writer, WHOLE)
        with contextlib.suppress(*GONE):
            while await reader.read(WHOLE):
                pass
        if self._cut:
            writer.transport.abort()
        elif not writer.transport.is_closing():
            writer.close()

    def _end_up(self) -> None:
        if not self._up_writer.transport.is_closing():
            self._up_writer.write_eof()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, longest: int) -> None:
        """Pass bytes on until there are no more or the link has cut."""
        while not self._cut and (data := await reader.read(WHOLE)):
            while data and not self._cut:
                size = longest if longest == WHOLE else self._rng.randint(1, longest)
                if self._left is not None:
                    size = min(size, self._left)
                writer.write(data[:size])
                if self._left is not None:
                    self._left -= min(size, len(data))
                    if not self._left:
                        self._cut = True
                        self._end_up()
                data = data[size:]
                await writer.drain()
                await asyncio.sleep(0)

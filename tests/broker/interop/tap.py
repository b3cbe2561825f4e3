"""A tap in the line between a client and a broker: it passes on whole packets, keeps a note of each, and cuts the line
where a test wants it cut. It changes nothing of what it passes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Self

from tests.broker.wire import Packet

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 11, 12, 13, 14

PATIENCE_S = 30
"""Clients wait up to several seconds before they connect again or send a ping; no test waits for this to run out."""


class Cut(NamedTuple):
    """Where to cut: at the next packet of this type, which is not passed on."""

    by_client: bool
    type: int


class Line:
    """One connection through the tap and what went over it."""

    def __init__(self) -> None:
        self.sent: list[Packet] = []
        self.got: list[Packet] = []
        self.open = True
        self.ended_by_broker = False
        self.silent = False  # nothing more of what the client sends is passed on

    def sends(self, kind: int) -> list[Packet]:
        """What the client has sent of this type."""
        return [packet for packet in self.sent if packet.first >> 4 == kind]

    def gets(self, kind: int) -> list[Packet]:
        """What the broker has sent of this type."""
        return [packet for packet in self.got if packet.first >> 4 == kind]

    @property
    def accepted(self) -> bool:
        return any(packet.body[1] == 0 for packet in self.gets(CONNACK))

    @property
    def session_present(self) -> bool:
        return self.gets(CONNACK)[0].body[0] == 1


class Tap:
    """Listens on `port` of the loopback for clients of the broker at `broker_port`."""

    def __init__(self, broker_port: int, patience_s: float = PATIENCE_S) -> None:
        self.lines: list[Line] = []
        self.port = 0
        self._broker_port = broker_port
        self._patience_s = patience_s
        self._cut: Cut | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: dict[Line, list[asyncio.StreamWriter]] = {}
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *problem: object) -> None:
        assert self._server
        self._server.close()
        self.cut()
        while self._passing:
            await asyncio.wait(set(self._passing))

    def cut_at(self, by_client: bool, kind: int) -> None:
        """Cut the line at the next packet of this type, which is lost."""
        self._cut = Cut(by_client, kind)

    def cut(self) -> None:
        """Cut all lines now."""
        for line in self.lines:
            self._end(line)

    @property
    def line(self) -> Line:
        """The newest one."""
        return self.lines[-1]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds; raises TimeoutError. It is tried when a packet has passed or a line ended."""
        async with asyncio.timeout(self._patience_s), self._news:
            await self._news.wait_for(condition)

    async def until_line(self, number: int) -> Line:
        """The line with this number, counted from 1, once the broker has accepted the client on it."""
        await self.until(lambda: len(self.lines) >= number and self.lines[number - 1].accepted)
        return self.lines[number - 1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line()
        self.lines.append(line)
        upstream, downstream = await asyncio.open_connection("127.0.0.1", self._broker_port)
        self._writers[line] = [writer, downstream]
        for by_client, source, target in (True, reader, downstream), (False, upstream, writer):
            task = asyncio.create_task(self._pass_on(line, by_client, source, target), name="tap")
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(
        self, line: Line, by_client: bool, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                raw, packet = await _read(source)
                (line.sent if by_client else line.got).append(packet)
                if self._cut == (by_client, packet.first >> 4):
                    self._cut = None
                    break
                if not (by_client and line.silent):
                    target.write(raw)
                    await target.drain()
                await self._tell()
        except (asyncio.IncompleteReadError, ConnectionError):
            if by_client and (line.silent or line.sends(DISCONNECT)):
                return  # the broker closes: because of the silence, or because it has read the DISCONNECT
            line.ended_by_broker |= line.open and not by_client
        self._end(line)
        await self._tell()

    def _end(self, line: Line) -> None:
        line.open = False
        for writer in self._writers.get(line, []):
            writer.close()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, Packet]:
    """The next packet, as it came and taken apart."""
    raw = bytearray(await reader.readexactly(2))
    size, shift = raw[1] & 127, 7
    while raw[-1] & 128:
        raw += await reader.readexactly(1)
        size |= (raw[-1] & 127) << shift
        shift += 7
    body = await reader.readexactly(size)
    return bytes(raw) + body, Packet(raw[0], body)

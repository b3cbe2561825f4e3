"""One connection of a member: packets in and out as they come, nothing remembered."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from tests.broker.wire import Packet

SMALL_WINDOW = 4096
"""Bytes that a slow reader's kernel takes in for it; the smallest that Linux grants."""


class Line(asyncio.Protocol):
    """`on_packet` gets every packet, `on_lost` the end, each with the line itself first."""

    def __init__(
        self, on_packet: Callable[[Line, Packet], None], on_lost: Callable[[Line], None], *, cuts: bool = False
    ) -> None:
        self.cuts = cuts
        """The link may end the connection by itself."""
        self.excused = False
        """The connection is to end, or may: nobody is to wonder."""
        self.closed = asyncio.get_running_loop().create_future()
        self._on_packet = on_packet
        self._on_lost = on_lost
        self._buffer = b""

    async def open(self, port: int, *, small: bool = False) -> None:
        """Connect; `small`: with as little room in the kernel as there can be."""
        bare = socket.socket()
        if small:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
        bare.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(bare, ("127.0.0.1", port))
        await loop.create_connection(lambda: self, sock=bare)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data
        start = 0
        while (body := self._body(data, start)) is not None:
            packet = Packet(data[start], data[body[0] : body[1]])
            start = body[1]
            self._on_packet(self, packet)
        self._buffer = data[start:]

    @staticmethod
    def _body(data: bytes, start: int) -> tuple[int, int] | None:
        """Where the body of the packet at `start` begins and ends, if it is all there."""
        length = 0
        for place in range(start + 1, min(start + 5, len(data))):
            length |= (data[place] & 127) << 7 * (place - start - 1)
            if data[place] < 128:
                end = place + 1 + length
                return (place + 1, end) if end <= len(data) else None
        return None

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    def pause(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self, reset: bool = False) -> None:
        """Vanish; `reset`: with a TCP reset, which throws away what the broker has not read yet."""
        self.excused = True
        if reset and not self._transport.is_closing():
            bare = self._transport.get_extra_info("socket")
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

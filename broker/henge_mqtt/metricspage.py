"""The page that Prometheus reads, for the broker used by itself: one path, one answer a connection, no more of HTTP.

It refuses whoever is slow or says much; inside a larger program, `metrics.text` is served by that program's own HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from henge_mqtt.errors import ListenError
from henge_mqtt.listener import Listener
from henge_mqtt.metrics import MEDIA_TYPE

REQUEST_BYTES = 8192
"""A request's head; longer ones are cut off. Prometheus sends some 200 bytes."""

REQUEST_S = 5
"""For a request to come and its answer to go; then the socket is closed."""

AT_ONCE = 8
"""Requests served at a time; more are closed unread. There is one Prometheus, or two."""


class MetricsPage:
    """`GET /metrics` answers what `text` returns; every other request 404."""

    def __init__(self, text: Callable[[], str], request_s: float = REQUEST_S) -> None:
        self._text = text
        self._request_s = request_s
        self._busy = 0

    async def listen(self, host: str, port: int) -> Listener:
        """Serve on `host` and `port` (0: any free one); raises ListenError."""
        try:
            return Listener(await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES))
        except OSError as problem:
            raise ListenError(host, port, problem) from problem

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._busy >= AT_ONCE:
            writer.transport.abort()
            return
        self._busy += 1
        try:
            async with asyncio.timeout(self._request_s):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            writer.transport.abort()
        finally:
            self._busy -= 1

    def _answer(self, head: bytes) -> bytes:
        found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
        status, body = ("200 OK", self._text()) if found else ("404 Not Found", "The metrics are at /metrics.\n")
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {MEDIA_TYPE}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "Connection: close", "", body]).encode()

"""REST: HTTP/1.1 over connections that are kept, no more than the measured routes need. httpx takes several times as
long for a request as the server does; this takes a tenth of a millisecond.
"""

import json
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from bench.errors import CannotMeasure

_READ_BYTES = 65536
_PATIENCE_S = 60


class Request(NamedTuple):
    """What to ask."""

    method: str
    path: str
    body: Any = None


class Answer(NamedTuple):
    """What came back, and how long that took in seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One connection; one request at a time. `host` is HOST:PORT."""

    def __init__(self, host: str, token: str) -> None:
        name, _, port = host.rpartition(":")
        self.sock = socket.create_connection((name, int(port)), timeout=_PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
        self._data = b""
        self._started = 0.0

    def send(self, request: Request) -> None:
        """Sends the request in one write."""
        body = b"" if request.body is None else json.dumps(request.body).encode()
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"{request.method} {request.path} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(body)}\r\n\r\n"
        self._started = time.perf_counter()
        self.sock.sendall(head.encode() + body)

    def receive(self) -> Answer | None:
        """Reads once; the answer if it is whole now."""
        data = self.sock.recv(_READ_BYTES)
        if not data:
            raise CannotMeasure("the server ended an HTTP connection")
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(body) < int(headers.get("content-length", 0)):
            return None
        self._data = b""
        return Answer(int(first.split()[1]), headers, body, time.perf_counter() - self._started)

    def ask(self, request: Request) -> Answer:
        """Sends and waits. Raises CannotMeasure for a status that is not a success."""
        self.send(request)
        while True:
            answer = self.receive()
            if answer is not None:
                return checked(answer)

    def close(self) -> None:
        self.sock.close()


def many(connections: Iterable[Connection], requests: Iterable[Request]) -> Iterator[Answer]:
    """The answers to all requests, as they come; each connection has one under way. Raises CannotMeasure."""
    left = iter(requests)
    with selectors.EpollSelector() as selector:
        for connection in connections:
            selector.register(connection.sock, selectors.EVENT_READ, connection)
            _send_next(connection, left, selector)
        while selector.get_map():
            ready = selector.select(_PATIENCE_S)
            if not ready:
                raise CannotMeasure(f"the server answered nothing for {_PATIENCE_S} s")
            for key, _ in ready:
                answer = key.data.receive()
                if answer is not None:
                    _send_next(key.data, left, selector)
                    yield checked(answer)


def checked(answer: Answer) -> Answer:
    """The answer. Raises CannotMeasure where it is not 200, 201 or 204: not even 202, which is an answer too early."""
    if answer.status not in (200, 201, 204):
        raise CannotMeasure(f"the server answered {answer.status}: {answer.body[:500].decode()}")
    return answer


def _send_next(connection: Connection, left: Iterator[Request], selector: selectors.BaseSelector) -> None:
    request = next(left, None)
    if request is None:
        selector.unregister(connection.sock)
    else:
        connection.send(request)

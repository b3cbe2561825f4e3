"""Load: many MQTT clients on one epoll in one thread, for the scripted boards, which have documents to read and digests
to compute. A bare broker is measured with bench/native: this here takes about as much of a core as a broker does.
"""

import select
import socket
import time
from collections.abc import Callable, Sequence

from bench import packets
from bench.errors import CannotMeasure

# Connections opened and not yet served. mosquitto listens with a backlog of 100: one more, and a SYN waits a second.
_OPENING = 64
_READ_BYTES = 65536
_PATIENCE_S = 30  # without any packet; then something is wrong

Handler = Callable[["Client", int, bytes, int, int], None]
"""What to do with a packet: its first byte, the data it is in, and where its body starts and ends."""


class Client:
    """One socket of the load."""

    __slots__ = ("_epoll", "_unsent", "fd", "index", "sock", "tail")

    def __init__(self, index: int, sock: socket.socket, epoll: select.epoll) -> None:
        self.index = index
        self.sock = sock
        self.fd = sock.fileno()
        self.tail = b""  # the beginning of a packet
        self._unsent = b""
        self._epoll = epoll

    def send(self, data: bytes) -> None:
        """Sends now what the socket takes, the rest when it takes more."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._unsent = data[sent:]
            self._epoll.modify(self.fd, select.EPOLLIN | select.EPOLLOUT)

    def send_on(self) -> None:
        """The socket takes more."""
        data, self._unsent = self._unsent, b""
        self._epoll.modify(self.fd, select.EPOLLIN)
        if data:
            self.send(data)


class Load:
    """A context with any number of clients; leaving it cuts them all."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._epoll = select.epoll()
        self._by_fd: dict[int, Client] = {}
        self.clients: list[Client] = []

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.sock.close()
        self._epoll.close()

    def open(self, hello: bytes) -> Client:
        """A new connection, which says `hello`. Over loopback connecting does not wait while the backlog has room."""
        sock = socket.socket()  # create_connection would look the address up each time
        sock.connect(self._address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        client = Client(len(self.clients), sock, self._epoll)
        self.clients.append(client)
        self._by_fd[client.fd] = client
        self._epoll.register(client.fd, select.EPOLLIN)
        client.send(hello)
        return client

    def connect(self, hellos: Sequence[bytes], subscriptions: Sequence[bytes], until: int, handle: Handler) -> None:
        """Opens a client for each hello; each subscribes after its CONNACK and is done at its first packet of type
        `until`. A few are on their way at a time. `handle` gets every packet but the CONNACK.
        """
        first, count = len(self.clients), len(hellos)
        done: set[int] = set()

        def open_next() -> None:
            while len(self.clients) - first < count and len(self.clients) - first - len(done) < _OPENING:
                self.open(hellos[len(self.clients) - first])

        def handle_all(client: Client, head: int, data: bytes, start: int, end: int) -> None:
            if head == packets.CONNACK:
                if data[start + 1]:
                    raise CannotMeasure(f"a client was refused with code {data[start + 1]}")
                client.send(subscriptions[client.index - first])
                return
            handle(client, head, data, start, end)
            if head & packets.TYPE == until and client.index >= first:
                done.add(client.index)
                open_next()

        open_next()
        self.run(handle_all, lambda: len(done) == count)

    def run(self, handle: Handler, is_done: Callable[[], bool], until: float | None = None) -> None:
        """Hands every packet that comes to `handle`, until it is done or a moment of time.perf_counter."""
        while not is_done():
            seconds = _PATIENCE_S if until is None else until - time.perf_counter()
            if seconds <= 0:
                return
            events = self._epoll.poll(seconds)
            if not events and until is None:
                raise CannotMeasure(f"nothing came for {_PATIENCE_S} s, and not everything was there")
            for fd, event in events:
                client = self._by_fd[fd]
                if event & select.EPOLLOUT:
                    client.send_on()
                if event & ~select.EPOLLOUT:
                    _read(client, handle)


def _read(client: Client, handle: Handler) -> None:
    try:
        data = client.sock.recv(_READ_BYTES)
    except OSError as error:
        raise CannotMeasure(f"client {client.index}: {error}") from error
    if not data:
        raise CannotMeasure(f"client {client.index} was disconnected")
    if client.tail:
        data = client.tail + data
    stop = 0
    for head, start, end in packets.frames(data):
        handle(client, head, data, start, end)
        stop = end
    client.tail = data[stop:] if stop < len(data) else b""


class Share:
    """How much of the time the load generator itself was running, from its start or the last `restart`."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._wall = time.perf_counter()
        self._own = time.process_time()

    def percent(self) -> float:
        """Of its core."""
        return 100 * (time.process_time() - self._own) / max(1e-9, time.perf_counter() - self._wall)

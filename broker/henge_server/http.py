"""The HTTP listener: uvicorn on a socket of ours, stopped by us. Signals are the server's affair."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from henge_server.errors import CannotStart
from henge_server.turns import Turns

# Connections waiting to be accepted; more than a page or a script opens at a time.
_BACKLOG = 1024
# Seconds for open requests to end at a stop; a held PATCH is answered at once then, so this is for slow clients.
_GRACE_S = 5


class Http:
    """One listening socket and the server on it."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            _InTurns(app),
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Uvicorn(config)

    async def run(self) -> None:
        """Until `stop`; open requests are finished first. Connections that come before it runs wait in the backlog."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        self._server.should_exit = True


class _InTurns:
    """Begins requests that arrive together one after the other, so that the loop is not held up by all of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns = Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._turns.mine()
        await self._app(scope, receive, send)


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the process's signals alone."""
        yield


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, proto)
    except OSError as error:
        raise CannotStart(f"HTTP: {host!r} is not an address of this machine: {error}.") from error
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise CannotStart(
            f"HTTP cannot listen on {host}:{port}: {error.strerror}. Choose another address with --http HOST:PORT."
        ) from error
    found.setblocking(False)
    return found

"""The broker's port with TLS, seen from outside: what is wrong with its certificate, and what to do."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fleetctl.context import Context
from fleetctl.finding import Finding, Level
from fleetctl.ports import is_here, plain, secured
from henge_server.certificates.authority import LIFETIME

from tests.papers import Papers

NOW = datetime.now(UTC)


class Server:
    """Shakes hands with whoever comes, or, without papers, says something that is not TLS."""

    def __init__(self, papers: Path | None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self._listening.getsockname()[1])
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if papers:
            self._context.load_cert_chain(papers)
        self._has_papers = papers is not None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the end
            while True:
                self._answer(self._listening.accept()[0])

    def _answer(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # of those who refuse it
            if self._has_papers:
                self._context.wrap_socket(client, server_side=True).close()
            else:
                client.sendall(b"* OK what is TLS?\r\n")
                client.recv(4096)


Serve = Callable[[Path | None], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(papers: Path | None) -> Server:
        servers.append(Server(papers))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def last(server: Server, ca: Path, now: datetime = NOW) -> Finding:
    return list(secured(server.address, ca.read_text(), now))[-1]


def test_all_is_well_when_it_is_trusted_and_for_this_host(serve: Serve, papers: Papers):
    findings = list(secured(serve(papers.server).address, papers.ca.read_text(), NOW))
    assert {finding.level for finding in findings} == {Level.OK}
    assert [finding.text.partition(" 2")[0] for finding in findings[1:]] == [
        "is valid until",
        "is for 127.0.0.1, localhost",
    ]


def test_it_warns_when_the_certificate_ends_soon(serve: Serve, papers: Papers):
    later = NOW + LIFETIME - (LIFETIME / 100)
    found = list(secured(serve(papers.server).address, papers.ca.read_text(), later))
    assert [finding.level for finding in found] == [Level.OK, Level.WARN, Level.OK]


def test_it_warns_when_the_host_is_not_in_it(serve: Serve, papers: Papers):
    found = last(serve(papers.elsewhere), papers.ca)
    assert (found.level, found.text) == (Level.WARN, "is for elsewhere.example, not for 127.0.0.1")
    assert "tls_names" in found.todo


@pytest.mark.parametrize(
    ("server", "ca", "text"), [("expired", "ca", "has expired"), ("server", "other_ca", "unable to get local issuer")]
)
def test_it_fails_when_a_board_would_refuse_it(serve: Serve, papers: Papers, server: str, ca: str, text: str):
    found = last(serve(getattr(papers, server)), getattr(papers, ca))
    assert (found.level, found.subject, text in found.text) == (Level.FAIL, "certificate", True)


def test_it_fails_when_something_else_listens_there(serve: Serve, papers: Papers):
    found = last(serve(None), papers.ca)
    assert (found.level, "does not speak TLS" in found.text) == (Level.FAIL, True)


def test_a_port_on_anothers_loopback_is_left_alone():
    elsewhere = Context("home", "https://fleet.example", "t")
    assert list(plain(("127.0.0.1", 1), is_here(elsewhere))) == []
    assert [found.level for found in plain(("127.0.0.1", 1), here=True)] == [Level.FAIL]

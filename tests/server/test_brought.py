"""A certificate that a person brings: taken, taken again when it changes, refused or spoken of when it does not fit."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from henge_server.certificates import Brought
from henge_server.certificates.authority import LIFETIME, Authority
from henge_server.errors import CannotStart

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = {"localhost", "127.0.0.1"}


class Desk:
    """A person's files: a CA, and a server's certificate that it has issued."""

    def __init__(self, folder: Path) -> None:
        self.ca_file, self.file = folder / "company-ca.crt", folder / "server.pem"
        self.authority = Authority.make()
        self.now = NOW
        self.ca_file.write_bytes(self.authority.certificate)
        self.renew()

    def renew(self, *names: str) -> None:
        self.file.write_bytes(self.authority.issue(names or HOME, self.now))

    def source(self, *more_names: str) -> Brought:
        return Brought(self.file, None, self.ca_file, frozenset(more_names), lambda: int(self.now.timestamp() * 1000))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_is_taken_once_and_again_when_it_has_changed(desk: Desk) -> None:
    source = desk.source()
    assert [source.look(HOME), source.look(HOME)] == [True, False]
    desk.renew()
    assert [source.look(HOME), source.look(HOME)] == [True, False]
    assert source.ca == desk.authority.certificate


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(0), ""),
        (LIFETIME - timedelta(days=13), "expires on 2028-01-01"),
        (LIFETIME, "has expired on 2028-01-01"),
    ],
)
def test_its_end_is_said_once_and_it_is_used_all_the_same(desk: Desk, capfd, later: timedelta, said: str) -> None:
    source = desk.source()
    desk.now += later
    assert [source.look(HOME), source.look(HOME)] == [True, False]
    written = "".join(capfd.readouterr())
    assert written.count("the certificate of CN=henge server") == bool(said)
    assert said in written


@pytest.mark.parametrize(
    ("names", "asked", "said"),
    [
        (("localhost",), (), ""),
        (("fleet.example",), (), "this host has none of these names"),
        (("fleet.example",), ("fleet.example",), ""),
        (("*.example",), ("fleet.example",), ""),
        (("localhost",), ("fleet.example",), "is not for fleet.example, which tls_names asks for"),
    ],
)
def test_a_host_that_is_not_in_it_is_said(desk: Desk, capfd, names, asked, said: str) -> None:
    desk.renew(*names)
    assert desk.source(*asked).look(HOME)
    assert said in "".join(capfd.readouterr())


def test_a_ca_that_did_not_issue_it_is_refused(desk: Desk) -> None:
    desk.ca_file.write_bytes(Authority.make().certificate)
    with pytest.raises(CannotStart, match="was not issued by the CA in"):
        desk.source().look(HOME)


def test_a_chain_without_its_ca_needs_one(desk: Desk) -> None:
    source = Brought(desk.file, None, None, frozenset(), lambda: 0)
    with pytest.raises(CannotStart, match="in the setting tls_ca"):
        source.look(HOME)
    desk.file.write_bytes(desk.file.read_bytes() + desk.authority.certificate)
    assert source.look(HOME)
    assert source.ca == desk.authority.certificate


def test_a_chain_in_the_wrong_order_is_refused(desk: Desk) -> None:
    desk.file.write_bytes(desk.authority.certificate + desk.file.read_bytes())
    with pytest.raises(CannotStart, match="the server's own certificate comes first"):
        desk.source().look(HOME)


@pytest.mark.parametrize("content", [None, b"nothing"])
def test_a_file_that_cannot_be_read_is_named(desk: Desk, content: bytes | None) -> None:
    desk.file.unlink() if content is None else desk.file.write_bytes(content)
    with pytest.raises(CannotStart, match=str(desk.file)):
        desk.source().look(HOME)

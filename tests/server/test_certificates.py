"""The server's own CA and certificate: made once, made anew in time, and only when that is needed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from henge_server.certificates import Issued
from henge_server.certificates.authority import BEGIN, LIFETIME, Authority, names_of
from henge_server.certificates.hostnames import host_names, ipv4, ipv6
from henge_server.certificates.issued import RENEW_BEFORE
from henge_server.errors import CannotStart

HOME = frozenset({"localhost", "127.0.0.1", "henge.local", "10.0.0.5", "::1"})


class Clock:
    """Milliseconds since 1970 that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> int:
        return int(self.now.timestamp() * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issued(tmp_path: Path, clock: Clock) -> Issued:
    """A source that has been looked at once."""
    found = Issued(tmp_path / "tls", frozenset(), clock)
    assert found.look(HOME)
    return found


def certificate(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate_file.read_bytes())


def test_it_is_for_this_host_and_from_this_ca(issued: Issued, clock: Clock) -> None:
    found = certificate(issued)
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(issued.ca))
    assert names_of(found) == HOME
    assert (found.not_valid_before_utc, found.not_valid_after_utc) == (BEGIN, clock.now + LIFETIME)


def test_nobody_else_may_read_any_of_it(issued: Issued) -> None:
    folder = issued.certificate_file.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["ca.crt", "ca.key", "server.pem"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_it_stays_when_nothing_has_changed(issued: Issued, clock: Clock) -> None:
    before = issued.certificate_file.read_bytes()
    clock.now += LIFETIME - RENEW_BEFORE
    assert not issued.look(HOME)
    assert issued.certificate_file.read_bytes() == before


def test_it_is_renewed_by_the_same_ca_when_it_nears_its_end(issued: Issued, clock: Clock) -> None:
    ca = issued.ca
    clock.now += LIFETIME - RENEW_BEFORE + timedelta(seconds=1)
    assert issued.look(HOME)
    assert issued.ca == ca
    assert certificate(issued).not_valid_after_utc == clock.now + LIFETIME


def test_it_is_renewed_when_the_host_has_a_new_address(issued: Issued) -> None:
    assert issued.look(HOME | {"10.0.0.6"})
    assert "10.0.0.6" in names_of(certificate(issued))
    assert not issued.look(HOME)  # that one address is gone again is no reason


def test_it_has_the_names_of_the_settings_too(tmp_path: Path, clock: Clock) -> None:
    found = Issued(tmp_path / "tls", frozenset({"fleet.example", "203.0.113.7"}), clock)
    found.look(HOME)
    assert names_of(certificate(found)) == HOME | {"fleet.example", "203.0.113.7"}


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_it_is_made_anew_when_its_file_is_damaged(issued: Issued, damage: bytes) -> None:
    issued.certificate_file.write_bytes(damage)
    assert issued.look(HOME)
    assert names_of(certificate(issued)) == HOME


def test_it_is_made_anew_when_it_is_from_another_ca(issued: Issued, clock: Clock) -> None:
    issued.certificate_file.write_bytes(Authority.make().issue(HOME, clock.now))
    assert issued.look(HOME)
    certificate(issued).verify_directly_issued_by(x509.load_pem_x509_certificate(issued.ca))


def test_the_cas_key_may_be_kept_elsewhere_until_it_is_needed(issued: Issued) -> None:
    (issued.certificate_file.parent / "ca.key").unlink()
    assert not issued.look(HOME)
    with pytest.raises(CannotStart, match=r"ca\.key .* cannot be read: No such file .* Put it back from its copy"):
        issued.look(HOME | {"10.0.0.6"})


def test_a_key_of_another_ca_is_refused(issued: Issued) -> None:
    (issued.certificate_file.parent / "ca.key").write_bytes(Authority.make().key)
    with pytest.raises(CannotStart, match="the key is not that of the certificate"):
        issued.look(HOME | {"10.0.0.6"})


def test_a_ca_whose_making_was_cut_off_is_made_anew(issued: Issued) -> None:
    (issued.certificate_file.parent / "ca.crt").unlink()
    assert issued.look(HOME)
    certificate(issued).verify_directly_issued_by(x509.load_pem_x509_certificate(issued.ca))


# What the host is called.

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     |-- 192.0.2.9
        /32 host LOCAL
"""
TABLE = """fe800000000000000000000000000002 02 40 20 80     eth0
20010db8000000000000000000000005 02 40 00 80     eth0
20010db80000000000000000deadbeef 02 40 00 01     eth0
00000000000000000000000000000001 01 80 10 80       lo
"""


def test_the_kernels_lists_are_read() -> None:
    assert list(ipv4(TRIE)) == ["127.0.0.1", "192.0.2.9"]
    assert list(ipv6(TABLE)) == ["2001:db8::5", "::1"]


def test_this_host_has_loopback_and_its_own_addresses() -> None:
    import psutil

    ours = {entry.address for entries in psutil.net_if_addrs().values() for entry in entries if entry.family == 2}
    assert host_names() >= ours | {"localhost", "127.0.0.1", "::1"}

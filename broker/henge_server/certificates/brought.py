"""A certificate that a person brings: whether it can be used, what is wrong with it, and when its files have changed.

What would strand every board keeps the server from starting; what only some clients mind is said and served.
"""

from collections.abc import Iterator, Sequence, Set
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from henge_server.certificates.authority import names_of
from henge_server.errors import CannotStart
from henge_server.moments import Clock

SOON = timedelta(days=14)  # before its end it is spoken of: time to get another one

_TODO = "Correct tls_cert, tls_key and tls_ca, or leave them out: the server makes a certificate of its own then."

log = structlog.get_logger("henge.tls")


class Brought:
    """The files of `tls_cert`, `tls_key` (None: the key is in the first) and `tls_ca` (None: the chain holds it)."""

    EVERY_S = 60.0
    """How often `look` is worth while: whoever has put a new file there wants to see it taken."""

    def __init__(
        self, certificate: Path, key: Path | None, ca: Path | None, more_names: Set[str], clock: Clock
    ) -> None:
        self.certificate_file, self.key_file = certificate, key
        self._ca_file = ca
        self._more_names = more_names
        self._clock = clock
        self._seen: list[bytes] = []
        self._warned: list[str] = []
        self.ca = b""
        """PEM of the certificates by which boards know this one; after the first `look`."""

    def look(self, host_names: Set[str]) -> bool:
        """Whether the files are others than at the last look. Raises CannotStart where they cannot be used."""
        files = [file for file in (self.certificate_file, self.key_file, self._ca_file) if file]
        read = [_read(file) for file in files]
        chain = _certificates(self.certificate_file, read[0])
        if read != self._seen:
            self.ca = self._issuer(chain, read[-1])
        self._warn(list(self._faults(chain, host_names)))
        changed, self._seen = read != self._seen, read
        return changed

    def _issuer(self, chain: Sequence[x509.Certificate], ca: bytes) -> bytes:
        """The CA in PEM, once the chain is known to lead to it. Raises CannotStart."""
        for lower, upper in pairwise(chain):
            if not _is_issued_by(lower, upper):
                raise CannotStart(
                    f"In {self.certificate_file}, {_shown(upper)} did not issue {_shown(lower)}: the server's own "
                    f"certificate comes first, then each with the one that issued it. {_TODO}"
                )
        known = _certificates(self._ca_file, ca) if self._ca_file else chain[-1:]
        if not any(chain[-1] == one or _is_issued_by(chain[-1], one) for one in known):
            raise CannotStart(f"{_shown(chain[-1])} was not issued by the CA in {self._ca_file}. {_TODO}")
        if not self._ca_file and not _is_issued_by(chain[-1], chain[-1]):
            raise CannotStart(
                f"{self.certificate_file} does not say by which CA boards know it. "
                "Name the file with the CA's certificate in the setting tls_ca."
            )
        return b"".join(one.public_bytes(Encoding.PEM) for one in known)

    def _faults(self, chain: Sequence[x509.Certificate], host_names: Set[str]) -> Iterator[str]:
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        for one in chain:
            end = one.not_valid_after_utc
            if end <= now:
                yield f"{_shown(one)} has expired on {end:%Y-%m-%d}: boards with a clock refuse it. Bring a new one"
            elif end - now < SOON:
                yield f"{_shown(one)} expires on {end:%Y-%m-%d}. Bring a new one before then"
            if one.not_valid_before_utc > now:
                yield f"{_shown(one)} is not valid before {one.not_valid_before_utc:%Y-%m-%d}: look at the clock"
        names = names_of(chain[0])
        missing = sorted(name for name in self._more_names if not _covers(names, name))
        if missing:
            yield f"{_shown(chain[0])} is not for {', '.join(missing)}, which tls_names asks for"
        elif not self._more_names and not any(_covers(names, name) for name in host_names):
            yield (
                f"{_shown(chain[0])} is for {', '.join(sorted(names)) or 'no host at all'}, and this host has none of "
                "these names: boards have to connect to one of them. Say in tls_names which one that is"
            )

    def _warn(self, faults: list[str]) -> None:
        """Each once, and again when there are others."""
        if faults != self._warned:
            for fault in faults:
                log.error("the certificate that was brought", fault=fault)
        self._warned = faults


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}. {_TODO}") from error


def _certificates(path: Path, pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CannotStart(f"{path} holds no certificate in PEM: {error}. {_TODO}") from error


def _is_issued_by(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except Exception:  # cryptography has an exception of its own for each way in which it is not
        return False
    return True


def _covers(names: Set[str], name: str) -> bool:
    """Whether one of a certificate's names is this one, or `*.` and the rest of it (RFC 6125, section 6.4.3)."""
    return name in names or "*." + name.partition(".")[2] in names


def _shown(certificate: x509.Certificate) -> str:
    return f"the certificate of {certificate.subject.rfc4514_string() or 'nobody'}"

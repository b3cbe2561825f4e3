"""The certificate that the server makes for itself: its CA, its files, and when a new one is due.

tls/ca.key       the CA's key
tls/ca.crt       the CA's certificate, which boards are given
tls/server.pem   the server's key and certificate, in one file, so that the two never fall out of step
"""

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509

from henge_server.certificates.authority import Authority, names_of
from henge_server.errors import CannotStart
from henge_server.keys import write_private
from henge_server.moments import Clock

RENEW_BEFORE = timedelta(days=90)  # a server that is off for a season still has a certificate when it comes back

_ANEW = (
    "or move the folder {folder} away: a new CA is made then, and every board needs a new credential file "
    "(`fleetctl device rotate ID --out FILE`)"
)

log = structlog.get_logger("henge.tls")


class Issued:
    """The server's own CA and certificate, in a folder."""

    EVERY_S = 3600.0
    """How often `look` is worth while: a clock that was wrong at the start is right by then."""

    key_file: Path | None = None  # it is in the certificate's file

    def __init__(self, folder: Path, more_names: Set[str], clock: Clock) -> None:
        self._folder = folder
        self._more_names = more_names
        self._clock = clock
        self._ca_file, self._ca_key_file = folder / "ca.crt", folder / "ca.key"
        self.certificate_file = folder / "server.pem"

    @property
    def ca(self) -> bytes:
        """PEM. Raises CannotStart."""
        return self._read(self._ca_file)

    def look(self, host_names: Set[str]) -> bool:
        """Makes what is missing, near its end, or not for this host; whether there is a new certificate.

        Raises CannotStart where that cannot be done, and OSError where it cannot be written.
        """
        if not self._ca_file.exists():
            self._make_authority()
        names = host_names | self._more_names
        why = self._why_new(names)
        if not why:
            return False
        write_private(self.certificate_file, self._authority(why).issue(names, self._now()).decode())
        log.info("a new certificate", why=why, names=" ".join(sorted(names)))
        return True

    def _why_new(self, names: Set[str]) -> str:
        """Why another certificate is needed; empty where it is not."""
        if not self.certificate_file.exists():
            return "there was none"
        try:
            found = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
            found.verify_directly_issued_by(x509.load_pem_x509_certificate(self.ca))
        except Exception as error:  # cryptography has an exception of its own for each kind of damage
            return f"the one there was cannot be used: {error or type(error).__name__}"
        if found.not_valid_after_utc - self._now() < RENEW_BEFORE:
            return f"the one there was ends on {found.not_valid_after_utc:%Y-%m-%d}"
        missing = names - names_of(found)
        return f"this host is now also {', '.join(sorted(missing))}" if missing else ""

    def _make_authority(self) -> None:
        """The key first: where the power fails in between there is no certificate, and so nothing that was issued."""
        made = Authority.make()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_private(self._ca_key_file, made.key.decode())
        write_private(self._ca_file, made.certificate.decode())

    def _authority(self, why: str) -> Authority:
        try:
            return Authority.read(self.ca, self._read(self._ca_key_file))
        except (ValueError, TypeError) as error:
            raise CannotStart(
                f"The CA in {self._folder} cannot be used: {error}. A new certificate is needed ({why}). "
                f"Put ca.crt and ca.key back from their copy, {_ANEW.format(folder=self._folder)}."
            ) from error

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise CannotStart(
                f"{path} of the server's CA cannot be read: {error.strerror}. "
                f"Put it back from its copy, {_ANEW.format(folder=self._folder)}."
            ) from error

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1000, UTC)

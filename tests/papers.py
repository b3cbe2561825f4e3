"""Certificates for tests: one CA, another one, and a server's papers that are in order, or not in one way each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from henge_server.certificates.authority import LIFETIME, Authority

HOME = ("localhost", "127.0.0.1")


class Papers:
    """Files in a folder. Every one of a server holds its key and its certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority, self._other = Authority.make(), Authority.make()
        now = datetime.now(UTC)
        self.ca = self._write("ca.crt", self.authority.certificate)
        self.other_ca = self._write("other-ca.crt", self._other.certificate)
        self.server = self._write("server.pem", self.authority.issue(HOME, now))
        self.second = self._write("second.pem", self.authority.issue((*HOME, "second.example"), now))
        self.elsewhere = self._write("elsewhere.pem", self.authority.issue(("elsewhere.example",), now))
        self.expired = self._write("expired.pem", self.authority.issue(HOME, now - LIFETIME - timedelta(days=1)))

    def _write(self, name: str, pem: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(pem)
        return path

"""Account: where an outside broker is, and as whom the server goes there. Secrets are in files, read each time anew."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from henge_server.errors import CannotStart
from henge_server.mqtt.url import PORTS
from henge_server.settings import Settings, join_address


@dataclass(frozen=True, slots=True)
class Account:
    """`user` and `client_id` as MQTT knows them; `ca_file` None trusts what the system trusts."""

    host: str
    port: int
    tls: bool
    client_id: str
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """The account that the settings name. Raises CannotStart where a file of it cannot be read."""
        parts = urlsplit(settings.broker)
        account = cls(
            host=parts.hostname or "",
            port=parts.port or PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            client_id=settings.broker_client_id,
            user=settings.broker_user,
            password_file=settings.broker_password_file,
            ca_file=settings.broker_ca_file,
        )
        try:
            account.password()
            account.context()
        except (OSError, ValueError) as error:
            raise CannotStart(f"{_words(error)} Correct the setting, or the file.") from error
        return account

    @property
    def where(self) -> str:
        return join_address(self.host, self.port)

    def password(self) -> str | None:
        """The first line of the password file; None where there is no file. Raises OSError, ValueError."""
        if self.password_file is None:
            return None
        lines = self.password_file.read_text("utf-8").splitlines()
        if not lines or not lines[0]:
            raise ValueError(f"broker_password_file: there is no password in the first line of {self.password_file}.")
        return lines[0]

    def context(self) -> ssl.SSLContext | None:
        """What checks the broker's certificate and name; None without TLS. Raises OSError, ValueError."""
        if not self.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except FileNotFoundError as error:  # which does not say what it did not find
            raise ValueError(f"broker_ca_file: there is no file {self.ca_file}.") from error
        except ssl.SSLError as error:
            raise ValueError(f"broker_ca_file: there is no certificate in PEM form in {self.ca_file}.") from error


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename} cannot be read: {error.strerror}."
    return str(error)

"""Where clients and brokers meet: henge's broker, and mosquitto as the reference, each with the user ann and TLS.

Both start for one scenario and end with it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, Broker, Client, Hooks

from tests.broker import yardstick
from tests.broker.interop.certificates import Certificates
from tests.conftest import program


class Ground(NamedTuple):
    """A running broker. The user ann has the password right; nobody else is let in."""

    name: str
    port: int
    tls_port: int
    """The certificate is for localhost."""


class Doorkeeper(Hooks):
    """Lets in ann."""

    def authenticate(self, client: Client, password: bytes | None) -> int:
        return ACCEPTED if (client.username, password) == ("ann", b"right") else BAD_CREDENTIALS


@contextlib.asynccontextmanager
async def henge(folder: Path, certificates: Certificates) -> AsyncIterator[Ground]:
    broker = Broker(Doorkeeper(), sys_interval=1)
    try:
        plain = await broker.listen("127.0.0.1", 0)
        encrypted = await broker.listen("127.0.0.1", 0, ssl=certificates.server_context())
        yield Ground("henge", plain.port, encrypted.port)
    finally:
        await broker.close()


MOSQUITTO = """
user root
log_type information
persistence false
sys_interval 1
allow_anonymous false
password_file {passwords}
listener {ports[0]} 127.0.0.1
listener {ports[1]} 127.0.0.1
certfile {certificates.certificate}
keyfile {certificates.key}
"""


@contextlib.asynccontextmanager
async def mosquitto(folder: Path, certificates: Certificates) -> AsyncIterator[Ground]:
    passwords = folder / "passwords"
    passwords.write_text(f"ann:{_hashed('right')}\n")
    passwords.chmod(0o600)
    values = {"passwords": passwords, "certificates": certificates}
    with yardstick.configured(program("debian", "mosquitto"), folder, MOSQUITTO, **values) as ports:
        yield Ground("mosquitto", *ports)


def _hashed(password: str) -> str:
    """As mosquitto_passwd writes it."""
    salt, rounds = b"twelve bytes", 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


GROUNDS = {"henge": henge, "mosquitto": mosquitto}

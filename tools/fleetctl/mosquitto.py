"""Files for a mosquitto 2 that serves a fleet: configuration, access rules, passwords. Texts in, texts out.

The server keeps no password, only what a random one is known by, and that is of no use to mosquitto. So the password
file is made from credential files, while those are there.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from henge_protocol import topics

USER = "henge_server"
"""The server's user name and client id. No device can have it: of hyphens and underscores an id has hyphens only."""

# As mosquitto_passwd writes them. A hundred rounds would be few for a password that a person has thought of; these are
# random, 256 bits.
_ROUNDS = 101
_SALT_BYTES = 12
_HASH_BYTES = 64

_PACKET_BYTES = max(topics.MAX_BYTES.values()) + 256  # the largest payload, and room for the topic and the heads

_CONFIGURATION = """\
# A whole configuration for mosquitto 2, written by `fleetctl broker export mosquitto`. Start it with
#     mosquitto -c {folder}/mosquitto.conf

# One set of users and rules for all listeners. Nobody without a password; what each may do is in the file acl.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

listener {port} {host}
{tls}
# A client's id is its user name, whatever it says: else any device could end the connection of any other one.
use_username_as_clientid true

# Retained documents and the server's session outlive a restart; a minute of them may be lost when the machine fails.
persistence true
persistence_location {folder}/data/
autosave_interval 60

# No message of the protocol is larger, so nothing larger is read.
max_packet_size {packet_bytes}
# A whole fleet may come at once, and speak while the server is away.
max_inflight_messages 100
max_queued_messages 100000
"""

_PLAIN = """\
# Passwords are readable on the way here. For other machines' boards: --listen 0.0.0.0:8883 --cert FILE --key FILE
"""

_TLS = """\
# This certificate, with those that lead to its CA, is shown to boards; mosquitto has to be able to read the key.
certfile {cert}
keyfile {key}
tls_version tlsv1.2
"""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where mosquitto listens; with TLS where there is a certificate and its key."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None


def configuration(folder: Path, listener: Listener) -> str:
    """The file mosquitto.conf of a folder, which has to be absolute."""
    tls = _TLS.format(cert=listener.cert, key=listener.key) if listener.cert else _PLAIN
    return _CONFIGURATION.format(
        folder=folder, port=listener.port, host=listener.host, tls=tls, packet_bytes=_PACKET_BYTES
    )


def rules() -> str:
    """The file acl: the server may use all topics of the protocol, a device its own, each in its direction."""
    lines = ["# Written by `fleetctl broker export mosquitto`. %u is the user name, which is the device's id.", ""]
    lines += [f"user {USER}", f"topic readwrite {_topic('#')}", ""]
    lines += [f"pattern read {_topic('%u', channel)}" for channel in topics.TO_DEVICE]
    lines += [f"pattern write {_topic('%u', channel)}" for channel in topics.FROM_DEVICE]
    return "\n".join([*lines, ""])


def with_passwords(lines: str, passwords: Mapping[str, str], salts: Iterable[bytes]) -> str:
    """A password file with users added, or given another password. Whoever else is in it stays."""
    kept = {line.partition(":")[0]: line for line in lines.splitlines() if line}
    for (user, password), salt in zip(passwords.items(), salts, strict=False):
        kept[user] = _line(user, password, salt)
    return "".join(f"{line}\n" for line in kept.values())


def new_salts() -> Iterator[bytes]:
    """As many as are wanted."""
    while True:
        yield secrets.token_bytes(_SALT_BYTES)


def _line(user: str, password: str, salt: bytes) -> str:
    """`user:$7$rounds$salt$hash`: PBKDF2 with SHA-512."""
    found = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS, _HASH_BYTES)
    return f"{user}:$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(found).decode()}"


def _topic(who: str, channel: str = topics.DESIRED) -> str:
    """One channel of one device, where `who` stands for its id; all there is where it is #."""
    whole = f"any/{channel}" if who == "#" else "any"
    return topics.build("any", channel).replace(whole, who)

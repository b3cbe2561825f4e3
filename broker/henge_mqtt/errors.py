"""What can go wrong in the broker, as one tree.

    BrokerError
    ├── ListenError            an address could not be listened on
    ├── CertificateError       a certificate or its key cannot be used for TLS
    └── Malformed              a client broke the protocol; its connection is closed
        ├── TooMuch            a client went beyond a limit; its connection is closed
        └── UnknownVersion     a CONNECT of another protocol level; answered with CONNACK 0x01 first

`ListenError` and `CertificateError` reach the application. `Malformed` ends one connection and is seen in the log.
"""

import os
import ssl
from pathlib import Path


class BrokerError(Exception):
    """The root of everything this package raises."""


class ListenError(BrokerError):
    """An address could not be listened on."""

    def __init__(self, host: str, port: int, problem: OSError) -> None:
        # By number, where there is one: the event loop's own words have the address once more.
        number = problem.errno or 0
        why = os.strerror(number) if number > 0 else problem.strerror or problem
        super().__init__(f"cannot listen on {host}:{port}: {why}")
        self.host = host
        self.port = port
        self.errno = problem.errno


class CertificateError(BrokerError):
    """A certificate or its key cannot be used for TLS."""

    def __init__(self, certificate: Path, key: Path | None, problem: Exception) -> None:
        self.why = _why_not(certificate, key or certificate, problem)
        super().__init__(self.why)


def _why_not(certificate: Path, key: Path, problem: Exception) -> str:
    """What is wrong, and what to do about it."""
    reason = getattr(problem, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key} is not that of the certificate in {certificate}: give the two that belong together"
    if isinstance(problem, ssl.SSLError):
        return (
            f"{certificate} with {key} cannot be used ({reason or problem}): "
            "both have to be PEM, the server's own certificate first, the key not encrypted"
        )
    if isinstance(problem, OSError):
        return f"cannot read {certificate} and {key}: {problem.strerror or problem}"
    return f"{key} cannot be used: {problem}"


class Malformed(BrokerError):
    """A client sent what MQTT 3.1.1 or a limit forbids; the text says what."""


class TooMuch(Malformed):
    """A client sent more than one of the `Limits` permits; `limit` is its name."""

    def __init__(self, limit: str, text: str) -> None:
        super().__init__(text)
        self.limit = limit


class UnknownVersion(Malformed):
    """A CONNECT whose protocol is not MQTT 3.1.1 (section 3.1.2.2)."""

    def __init__(self, name: bytes, level: int) -> None:
        super().__init__(
            f"protocol {name.decode('ascii', 'replace')} level {level} is not spoken here, only MQTT 3.1.1"
        )

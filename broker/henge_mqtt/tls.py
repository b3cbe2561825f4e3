"""The TLS context of a listening broker: which versions are spoken, and what a connection costs.

It knows nothing of where certificates come from; whoever makes new ones loads them into the context that is in use.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from henge_mqtt.errors import CertificateError


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with the certificate (and its chain) and key of PEM files. Raises CertificateError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Boards do not take sessions up again; two tickets to each would cost a write and 500 bytes of traffic.
    context.num_tickets = 0
    load(context, certificate, key)
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path | None = None) -> None:
    """Put a certificate and its key into `context`: handshakes from now on show it, connections that are open stay.

    Raises CertificateError; the context then shows what it did before.
    """
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # a key that does not fit would leave the context half changed
    for target in (trial, context):
        try:
            target.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as problem:
            raise CertificateError(certificate, key, problem) from problem


def _no_password() -> str:
    """Instead of OpenSSL's own question at the terminal, which would stop everything."""
    raise ValueError("the key is encrypted")

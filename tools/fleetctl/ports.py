"""The broker's ports as a board meets them: whether they can be reached, and what the certificate says there.

Connects and shakes hands, as a board does; says no word of MQTT.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from fleetctl.client import LOOPBACK
from fleetctl.context import Context
from fleetctl.finding import Finding, Level

MQTT_PORT, MQTTS_PORT = 1883, 8883
_PATIENCE_S = 3.0  # for a connection to the broker
_SOON = timedelta(days=30)  # a server makes itself another certificate long before that
_EXPIRED, _NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _NOT_YET_VALID
_LOG = (
    "A server makes a new one by itself, and its log says why it did not; for an outside broker, that is yours to do."
)

Address = tuple[str, int]


def address(context: Context, listening: str, default: int) -> Address:
    """Where boards connect, seen from here: where it listens, else the server's host and MQTT's own port."""
    host, _, port = listening.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host in ("", "0.0.0.0", "::"):
        host = urlsplit(context.server).hostname or "127.0.0.1"  # it listens everywhere
    return host, int(port) if port.isdigit() else default


def is_here(context: Context) -> bool:
    """Whether the server is on this machine."""
    return urlsplit(context.server).hostname in LOOPBACK


def plain(where: Address, here: bool) -> Iterator[Finding]:
    """The port without TLS; nothing about one that listens on the loopback of another machine."""
    if where[0] in LOOPBACK and not here:
        return
    try:
        socket.create_connection(where, _PATIENCE_S).close()
    except OSError as error:
        yield _unreachable("mqtt", where, error)
    else:
        yield Finding(Level.OK, "mqtt", f"{_shown(where)} can be reached, without TLS")


def secured(where: Address, ca: str, now: datetime) -> Iterator[Finding]:
    """The port with TLS, and its certificate. Without a `ca`, those count that this system trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # its names are looked at below, where more can be said of them
    if ca:
        context.load_verify_locations(cadata=ca)
    else:
        context.load_default_certs()
    try:
        with socket.create_connection(where, _PATIENCE_S) as connection, context.wrap_socket(connection) as secure:
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield _refused(where, error)
    except ssl.SSLError as error:
        todo = "Does something else listen there? The server says at its start where it listens."
        yield Finding(Level.FAIL, "mqtts", f"{_shown(where)} does not speak TLS: {error.reason}", todo)
    except OSError as error:
        yield _unreachable("mqtts", where, error)
    else:
        yield Finding(Level.OK, "mqtts", f"{_shown(where)} can be reached, with TLS")
        yield from _certificate(certificate, where[0], now)


def _certificate(certificate: dict, host: str, now: datetime) -> Iterator[Finding]:
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if end - now < _SOON:
        yield Finding(Level.WARN, "certificate", f"ends on {end:%Y-%m-%d}", _LOG)
    else:
        yield Finding(Level.OK, "certificate", f"is valid until {end:%Y-%m-%d}")
    names = [_plain_name(name) for _, name in certificate.get("subjectAltName", ())]
    if host in names or "*." + host.partition(".")[2] in names:
        yield Finding(Level.OK, "certificate", f"is for {', '.join(names)}")
    else:
        todo = f"Boards that connect to {host} refuse it: name {host} in the server's setting tls_names."
        yield Finding(Level.WARN, "certificate", f"is for {', '.join(names) or 'no host'}, not for {host}", todo)


def _refused(where: Address, error: ssl.SSLCertVerificationError) -> Finding:
    if error.verify_code in (_EXPIRED, _NOT_YET):
        todo = f"Are the clocks right? {_LOG}"
    else:
        todo = "Does another server listen there? Boards whose credential holds this server's CA refuse it."
    return Finding(Level.FAIL, "certificate", f"{_shown(where)}: {error.verify_message}", todo)


def _unreachable(subject: str, where: Address, error: OSError) -> Finding:
    text = f"{_shown(where)} cannot be reached: {error.strerror or error}"
    return Finding(
        Level.FAIL, subject, text, "Boards cannot connect either. Does it run? Is it a firewall, or another address?"
    )


def _plain_name(name: str) -> str:
    """OpenSSL writes IPv6 addresses out: 0:0:0:0:0:0:0:1."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def _shown(where: Address) -> str:
    host, port = where
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""Where a board finds the server: the address it is given, and whether the server answers there as a board needs."""

import socket
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fleetctl.client import LOOPBACK
from fleetctl.context import Context
from fleetctl.errors import Failed, Usage
from fleetctl.finding import Level
from fleetctl.ports import MQTT_PORT, MQTTS_PORT, secured

_EXAMPLE = "mqtts://192.168.1.5:8883"
_SOMEWHERE = ("192.0.2.1", 9)  # RFC 5737: nobody's; nothing is sent there


def given(text: str) -> str:
    """An address that was named, in its full form. Raises Usage."""
    try:
        parts = urlsplit(text if "://" in text else f"mqtts://{text}")
        port = parts.port
    except ValueError:
        port, parts = None, urlsplit("")
    if parts.scheme not in ("mqtts", "mqtt") or not parts.hostname or parts.path.strip("/") or parts.username:
        raise Usage(f"--server {text!r} is no address for boards, which is like {_EXAMPLE}.")
    return _shown(parts.scheme, parts.hostname, port or (MQTTS_PORT if parts.scheme == "mqtts" else MQTT_PORT))


def told(context: Context) -> str:
    """The address that the context tells: with TLS, on the host where the server is, as others see that.

    Raises Usage where it tells none that a board could reach.
    """
    host, _, port = context.mqtts.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host in LOOPBACK:
        raise Usage(
            f"The server of context {context.name} listens for boards on {context.mqtts}, where no board can reach it. "
            f"Start it with `--mqtts 0.0.0.0:{port}`, or name another address with --server, like {_EXAMPLE}."
        )
    if host in ("", "0.0.0.0", "::"):
        host = urlsplit(context.server).hostname or ""
        host = own_address() if host in (*LOOPBACK, "") else host
    return _shown("mqtts", host, int(port) if port.isdigit() else MQTTS_PORT)


def own_address() -> str:
    """This machine's, as its network sees it. Raises Usage."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE)
            return probe.getsockname()[0]
    except OSError as error:
        raise Usage(
            f"This machine has no network, so that no board can reach a server on it ({error.strerror}). Name the "
            f"server's address with --server, like {_EXAMPLE}."
        ) from error


def check(address: str, ca: str) -> None:
    """Whether a board with this CA would trust what answers there. Raises Failed: better now than on the board."""
    parts = urlsplit(address)
    if parts.scheme != "mqtts":
        return
    if not ca:
        raise Failed(
            f"The server tells no CA by which a board could know {address}. `--server mqtt://HOST` goes without TLS."
        )
    for finding in secured((parts.hostname or "", parts.port or MQTTS_PORT), ca, datetime.now(UTC)):
        if finding.level is Level.FAIL or ", not for " in finding.text:
            raise Failed(f"A board would not connect to {address}: {finding.subject} {finding.text}. {finding.todo}")


def _shown(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

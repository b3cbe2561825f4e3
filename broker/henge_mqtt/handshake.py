"""A socket between its accept and its connection: the TLS handshake, bounded in time, its failure said in words.

It counts against the limit of connections, and knows nothing of MQTT.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

from henge_mqtt import reasons
from henge_mqtt.connection import Connection

if TYPE_CHECKING:
    from henge_mqtt.broker import Broker

BEYOND_S = 3600.0
"""For the event loop's own timeout of a handshake, which cannot be left out: ours, by the broker's clock, is first."""

_NOT_TRUSTED = "it does not trust this server's certificate: give it the certificate of the CA that issued it"
_OLD = "it speaks no TLS version that is spoken here, which are 1.2 and 1.3"
_NO_TLS = "it does not speak TLS, and this port speaks nothing else: connect with TLS, or to the port without"

_REASONS = {  # OpenSSL's name of the reason -> what it means. Those with ALERT are what the client said.
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "WRONG_SSL_VERSION": _NO_TLS,
    "RECORD_TOO_SMALL": _NO_TLS,
    "HTTP_REQUEST": "it speaks HTTP, and this is the port for MQTT with TLS",
    "HTTPS_PROXY_REQUEST": "it speaks HTTP, and this is the port for MQTT with TLS",
    "UNSUPPORTED_PROTOCOL": _OLD,
    "VERSION_TOO_LOW": _OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
    "NO_SHARED_CIPHER": "it has no cipher in common with this server's certificate",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "it takes no signature that this server's certificate can make",
    "TLSV1_ALERT_UNKNOWN_CA": _NOT_TRUSTED,
    "SSLV3_ALERT_BAD_CERTIFICATE": _NOT_TRUSTED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not take this server's certificate: another CA, or another name",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it says that this server's certificate is not valid now: look at both clocks",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it cannot use this server's kind of certificate",
    # mosquitto's clients look at the name after OpenSSL's own checks, and have no other word for it.
    "TLSV1_ALERT_INTERNAL_ERROR": (
        "it broke off, perhaps because the name it connects to is not in this server's certificate"
    ),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it found nothing in common with this server",
}


class Handshake:
    """One handshake, from `start` to a connection or to the end of the socket."""

    __slots__ = ("_broker", "_context", "_is_over", "_is_timed_out", "_socket", "_task", "address", "slot")

    def __init__(self, broker: Broker, context: ssl.SSLContext, accepted: socket.socket, address: str) -> None:
        self.slot = 0  # the wheel's
        self._broker = broker
        self._context = context
        self._socket = accepted
        self.address = address
        self._is_over = False
        self._is_timed_out = False

    def start(self) -> None:
        """Begin, as a task of the broker's."""
        self._broker.stats.handshakes += 1
        self._broker.wheel.set(self, self._broker.limits.connect_timeout)
        self._task = self._broker.start(self._run(), f"TLS handshake with {self.address}")

    def due(self) -> None:
        """The wheel has come round: it has taken too long."""
        self._is_timed_out = True
        self._broker.stats.timeouts += 1
        self._broker.stats.reached["connect_timeout"] += 1
        self._task.cancel()

    def over(self) -> None:
        """It has led to a connection, or to nothing: it counts no longer. Only the first call does anything."""
        if not self._is_over:
            self._is_over = True
            self._broker.stats.handshakes -= 1
            self._broker.wheel.remove(self)

    async def _run(self) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: SecureConnection(self._broker, self),
                self._socket,
                ssl=self._context,
                ssl_handshake_timeout=BEYOND_S,
                ssl_shutdown_timeout=self._broker.limits.close_timeout,
            )
        except asyncio.CancelledError:
            if not self._is_timed_out:
                raise  # the broker closes
            self._failed(reasons.HANDSHAKE_TIMEOUT)
        except ssl.SSLError as problem:
            self._failed(reasons.HANDSHAKE_FAILED, _REASONS.get(problem.reason, str(problem.reason or problem)))
        except OSError:  # nothing unusual: whoever looks whether a port is open does just that
            self._failed(reasons.HANDSHAKE_LOST)
        finally:
            self.over()

    def _failed(self, reason: str, detail: str = "") -> None:
        self._broker.stats.failed_handshakes += 1
        self._broker.journal.refused(self.address, reason, detail)


class SecureConnection(Connection):
    """A connection whose socket was admitted before its handshake."""

    __slots__ = ("_handshake",)

    def __init__(self, broker: Broker, handshake: Handshake) -> None:
        super().__init__(broker)
        self._handshake: Handshake | None = handshake
        self._address = handshake.address  # what a transport that is closed no longer knows

    def _admitted(self) -> bool:
        handshake, self._handshake = self._handshake, None
        if handshake is not None:
            handshake.over()
        return self.broker.is_open

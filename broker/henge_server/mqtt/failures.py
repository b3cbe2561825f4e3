"""How a connection to an outside broker fails: what sockets, TLS and paho say, translated once into words for people.

LinkLost                     the connection is over, or could not be made; the next one may work
├── LinkClosed               the broker ended a connection that it had accepted
└── LinkRefused              it fails until a person changes something
"""

import socket
import ssl

_HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_ADDRESS_MISMATCH = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH

# Return codes of CONNACK (MQTT 3.1.1 section 3.2.2.3), as the reason codes of MQTT 5 that paho makes of them.
_UNAVAILABLE = 136
_STRANGER = (134, 135)


class LinkLost(Exception):
    """The text says why, for people."""


class LinkClosed(LinkLost):
    """The broker ended a connection that it had accepted."""


class LinkRefused(LinkLost):
    """It fails until a person changes something; the text says what."""


def unmade(where: str, error: Exception) -> LinkLost:
    """Why no connection to `where` (HOST:PORT) could be made."""
    host = where.rpartition(":")[0]
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in (_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH):
            return LinkRefused(f"the certificate of the broker at {where} is not for the name {host}")
        return LinkRefused(
            f"the certificate of the broker at {where} is not from an authority that is trusted here "
            f"({error.verify_message}); `broker_ca_file` names the one to trust"
        )
    if isinstance(error, ssl.SSLError):
        return LinkLost(f"no TLS with the broker at {where} ({error.reason}); is mqtt:// meant?")
    if isinstance(error, ConnectionResetError):  # only TLS hears from the broker before CONNECT
        return LinkLost(f"no TLS with the broker at {where}: it closed the connection; is mqtt:// meant?")
    if isinstance(error, socket.gaierror):
        return LinkLost(f"no address is known for the broker's name {host}")
    if isinstance(error, TimeoutError):
        return LinkLost(f"no answer from {where}")
    if isinstance(error, ConnectionRefusedError):
        return LinkLost(f"nobody listens at {where}")
    return LinkLost(f"cannot connect to {where}: {getattr(error, 'strerror', None) or error}")


def not_let_in(code: int, name: str, user: str) -> LinkLost:
    """What the broker's answer to CONNECT says. `code` and `name` are paho's."""
    if code == _UNAVAILABLE:
        return LinkLost("the broker says that it is not available")
    if code in _STRANGER:
        who = f"the user {user!r} with the password in `broker_password_file`" if user else "anybody without a name"
        return LinkRefused(f"the broker does not let in {who}; `broker_user` names the user")
    return LinkRefused(f"the broker refuses the connection: {name}")

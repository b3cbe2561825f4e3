"""A small, fast, strict MQTT 3.1.1 broker for asyncio programs, knowing nothing of what its messages mean.

An application makes a `Broker` with its own `Hooks` and calls `listen`; everything else is in those two classes. The
package imports only the standard library and may be used by itself: `python -m henge_mqtt --help`.
"""

from henge_mqtt.broker import Broker
from henge_mqtt.client import Client
from henge_mqtt.errors import BrokerError, CertificateError, ListenError
from henge_mqtt.hooks import (
    ACCEPTED,
    BAD_CREDENTIALS,
    HOLD,
    NOT_AUTHORIZED,
    UNAVAILABLE,
    Hooks,
    Refusal,
)
from henge_mqtt.limits import Limits
from henge_mqtt.listener import Listener
from henge_mqtt.message import Message, Received
from henge_mqtt.roster import Entry
from henge_mqtt.stats import Stats
from henge_mqtt.tls import load, server_context

__all__ = [
    "ACCEPTED",
    "BAD_CREDENTIALS",
    "HOLD",
    "NOT_AUTHORIZED",
    "UNAVAILABLE",
    "Broker",
    "BrokerError",
    "CertificateError",
    "Client",
    "Entry",
    "Hooks",
    "Limits",
    "ListenError",
    "Listener",
    "Message",
    "Received",
    "Refusal",
    "Stats",
    "load",
    "server_context",
]

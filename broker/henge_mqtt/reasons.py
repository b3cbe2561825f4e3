"""Why a connection began, was refused or ended, in the words that go to the log; those of an end go to
`Hooks.on_presence`, too.

docs/broker.md says of each what it means and what to do.
"""

# A connection began.
CONNECTED = "connected"

# It was refused: there was no session yet. The broker's own reasons, and one for each code of CONNACK.
TOO_MANY_CONNECTIONS = "too many connections"
TOO_FAST = "too many connections a second"
TOO_MANY_FAILED_LOGINS = "too many failed logins"
HANDSHAKE_FAILED = "TLS handshake failed"
HANDSHAKE_LOST = "TLS handshake broken off"
HANDSHAKE_TIMEOUT = "no TLS handshake in time"
BAD_VERSION = "unknown protocol version"
BAD_CLIENT_ID = "client id not accepted"
UNAVAILABLE = "not available now"
BAD_CREDENTIALS = "bad user name or password"
NOT_AUTHORIZED = "not authorized"

# It was closed.
DISCONNECTED = "disconnected"
"""The client said DISCONNECT: the only end that publishes no will (MQTT 3.1.1 section 3.14)."""
LOST = "connection lost"
TAKEN_OVER = "taken over by a new connection"
KEEP_ALIVE = "keep-alive missed"
CONNECT_TIMEOUT = "no CONNECT in time"
MALFORMED = "malformed"
"""`Hooks.on_presence` is told what was wrong behind it: "malformed: ..."."""
FORBIDDEN = "too many forbidden publishes"
SLOW_READER = "too slow a reader"
NO_ROOM = "too much is waiting for all clients together"
HOOK_FAILED = "a hook failed"
BROKER_CLOSED = "the broker closed"

OF_LIMITS = {
    "connections": TOO_MANY_CONNECTIONS,
    "connect_rate": TOO_FAST,
    "address_connect_rate": TOO_FAST,
    "address_failed_logins": TOO_MANY_FAILED_LOGINS,
}
"""A limit on who may come in at all -> the reason when it is reached."""

ORDINARY = frozenset({HANDSHAKE_LOST, HANDSHAKE_TIMEOUT})
"""Refusals that are not logged as warnings: whoever looks for open ports finds one."""

ALARMING = frozenset({MALFORMED, FORBIDDEN, SLOW_READER, NO_ROOM})
"""Ends that are logged as warnings: the client, or what it has to do with, is not in order."""

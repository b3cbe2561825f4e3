"""What the broker counts about itself: plain integers, read by whoever publishes metrics."""

from dataclasses import dataclass, field

from henge_mqtt import limits


@dataclass(slots=True)
class Stats:
    """Counters since the start; the first block are gauges."""

    connections: int = 0
    """Sockets open now, with or without a CONNECT."""
    handshakes: int = 0
    """TLS handshakes going on now; each counts against the limit of connections."""
    sessions: int = 0
    """Sessions now, connected or kept for a client that is away."""
    subscriptions: int = 0
    """Filters subscribed now, over all sessions."""
    retained: int = 0
    """Topics with a message in the broker's own retained table now."""
    session_bytes: int = 0
    """What all sessions keep now: messages in flight and waiting, subscriptions, QoS 2 ids."""
    buffered_bytes: int = 0
    """Unfinished packets now, and bytes waiting for readers that are stuck."""

    sockets: int = 0
    """Sockets accepted, whatever came of them."""
    connects: int = 0
    """CONNECTs accepted."""
    disconnects: int = 0
    """Accepted connections that ended, for whatever reason."""
    takeovers: int = 0
    """Connections ended by a new one with the same client id."""
    messages_in: int = 0
    """PUBLISH packets received."""
    messages_out: int = 0
    """PUBLISH packets sent, redelivered ones included."""
    bytes_in: int = 0
    """Bytes read from sockets."""
    bytes_out: int = 0
    """Bytes handed to sockets."""

    dropped: int = 0
    """Messages that a receiver did not get: its queue was full, or it read too slowly for QoS 0."""
    retained_dropped: int = 0
    """Retained messages that were routed but not kept: the table was full."""
    refused_connections: int = 0
    """Sockets closed unread: too many connections."""
    failed_handshakes: int = 0
    """Sockets on a TLS port that did not come to a connection: no TLS, no common version, a certificate not trusted."""
    refused_logins: int = 0
    """CONNECTs answered with a code other than accepted."""
    refused_publishes: int = 0
    """Publishes acknowledged and dropped: the hook forbade the topic."""
    refused_subscriptions: int = 0
    """Filters answered with 0x80."""
    malformed: int = 0
    """Connections closed for breaking the protocol or a limit."""
    timeouts: int = 0
    """Connections closed for silence: no CONNECT in time, or keep-alive missed."""
    slow_readers: int = 0
    """Connections cut because too much was waiting for them."""
    hook_failures: int = 0
    """Exceptions out of the application's hooks."""

    reached: dict[str, int] = field(default_factory=lambda: dict.fromkeys(limits.NAMES, 0))
    """How often each of the `Limits` had its consequence, by name."""

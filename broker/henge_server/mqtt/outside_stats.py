"""What the server counts about its connection to an outside broker: plain integers, read by the metrics."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class OutsideStats:
    """Counters since the start; `connected` and `waiting` are gauges."""

    connected: int = 0
    waiting: int = 0
    connects: int = 0
    lost: int = 0
    refused: int = 0
    received: int = 0
    published: int = 0
    ignored: dict[str, int] = field(default_factory=lambda: dict.fromkeys(IGNORED, 0))


# Why a message of a broker is ignored.
NOT_REGISTERED = "not_registered"
NO_TOPIC = "no_topic"
TOO_LARGE = "too_large"
IGNORED = (NOT_REGISTERED, NO_TOPIC, TOO_LARGE)

# Field of OutsideStats -> (metric, what it says).
GAUGES = {
    "connected": ("henge_outside_connected", "1 while the server is connected to the outside broker"),
    "waiting": ("henge_outside_waiting", "Devices whose document is to be published"),
}
COUNTERS = {
    "connects": ("henge_outside_connects", "Connections to the outside broker that it accepted"),
    "lost": ("henge_outside_connections_lost", "Connections that ended, or could not be made"),
    "refused": ("henge_outside_connections_refused", "Connections that fail until a person changes something"),
    "received": ("henge_outside_messages_received", "Messages that the outside broker delivered"),
    "published": ("henge_outside_messages_published", "Messages published and acknowledged by the outside broker"),
}
MESSAGES_IGNORED = ("henge_outside_messages_ignored", "Messages that are no registered device's, by reason")

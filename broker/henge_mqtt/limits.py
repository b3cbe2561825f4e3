"""Every bound of the broker in one place, with what happens when it is reached. The defaults suit a Raspberry Pi."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass

MESSAGE_BYTES = 256
"""What a message costs beside its topic and payload while it is kept, and a subscription beside its filter."""


PACKET_IDS = 65_535
"""As many as two bytes have, without 0 (MQTT 3.1.1, 2.3.1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds per broker, address, client and packet. Sizes are in bytes, times in seconds."""

    connections: int = 20_000
    """Sockets at once; a further one is closed unread. At 2-6 KB each, 20,000 fit into a Pi's memory."""

    connect_rate: int = 1000
    """Connections per second, ten seconds' worth of them at once; a further one is closed unread."""

    address_connect_rate: int = 100
    """The same for one address (IPv6: one /64). A thousand boards behind one router may come at once."""

    address_failed_logins: int = 60
    """Refused logins of one address in a minute; then its connections are closed unread until more are allowed."""

    connect_timeout: float = 10
    """From accept to CONNACK; then the socket is closed. Slow links need a few round trips, an attacker wants more."""

    connect_size: int = 16 * 1024
    """A CONNECT packet; larger closes the connection. It is all that a stranger can make us keep."""

    packet_size: int = 256 * 1024
    """Any later packet, without its fixed header; larger closes the connection before it is read."""

    client_id_length: int = 256
    """UTF-8 bytes; a longer one is refused with CONNACK 0x02. MQTT demands 23; names by host and purpose are longer."""

    topic_length: int = 1024
    """UTF-8 bytes of a topic or filter; longer closes the connection."""

    topic_depth: int = 32
    """Levels of a topic or filter; deeper closes the connection. Bounds what one wildcard match can cost."""

    subscriptions: int = 1000
    """Per session; a further one is answered with 0x80."""

    inflight: int = 20
    """Unacknowledged QoS 1 and 2 messages to one client; further ones are queued. mosquitto's default."""

    inflight_bytes: int = 1024 * 1024
    """The same in bytes; further messages are queued. One message is always let through."""

    unreleased: int = 10_000
    """QoS 2 messages of one client whose PUBREL has not come; a further one closes the connection."""

    queue_messages: int = 10_000
    """Queued per session; the oldest is dropped for a new one. A fleet of so many may answer one watcher at once."""

    queue_bytes: int = 8 * 1024 * 1024
    """Queued per session; the oldest are dropped. 10,000 messages of 500 bytes, with what keeping each costs."""

    backlog_messages: int = 20_000
    """Retained messages a client has yet to be sent; subscribing while there are more is answered with 0x80."""

    sessions: int = 10_000
    """Persistent sessions without a connection; for a further one the longest-gone is forgotten."""

    session_bytes: int = 256 * 1024 * 1024
    """What all sessions keep: messages in flight and waiting, subscriptions, QoS 2 ids. Then nothing more is queued or
    subscribed, and each client has one message in flight at a time."""

    retained_messages: int = 50_000
    """Topics with a retained message; on a further one the message is routed, but not kept."""

    retained_bytes: int = 64 * 1024 * 1024
    """All retained messages; beyond, a message is routed, but not kept."""

    held: int = 100
    """Publishes (`HOLD`) and subscriptions of one client that wait for the application; then its socket is not read."""

    forbidden_publishes: int = 10
    """Publishes a client may attempt where it must not; one more and it is disconnected."""

    write_soft: int = 64 * 1024
    """Bytes waiting for one reader: from here QoS 0 is dropped and QoS 1 and 2 queued until it reads on."""

    write_hard: int = 1024 * 1024
    """Bytes waiting for one reader: from here it is disconnected. Only answers to its own packets can get there."""

    buffer_bytes: int = 128 * 1024 * 1024
    """Unfinished packets, and bytes waiting for readers that are stuck, of all clients; who adds to them is cut off."""

    close_timeout: float = 5
    """For a closing connection to take the last bytes written to it; then it is cut."""

    def __post_init__(self) -> None:
        for name in NAMES:
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be more than 0")
        if self.inflight > PACKET_IDS:
            raise ValueError(
                f"inflight must be at most {PACKET_IDS}: each message under way takes one of the packet ids"
            )
        if self.write_hard < self.write_soft + self.packet_size:
            raise ValueError(
                "write_hard must be at least write_soft + packet_size: one packet may come on top of write_soft"
            )

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Limits:
        """Limits from names and numbers, or texts of numbers, as a person wrote them.

        Raises ValueError with a name that is none and the one that may be meant, or with a value that does not fit.
        """
        kinds = {field.name: float if field.type == "float" else int for field in dataclasses.fields(cls)}
        found: dict[str, float] = {}
        for name, value in values.items():
            if name not in kinds:
                near = difflib.get_close_matches(name, NAMES, n=1)
                raise ValueError(
                    f"there is no limit {name!r}; " + (f"is {near[0]!r} meant?" if near else ", ".join(NAMES))
                )
            try:
                found[name] = kinds[name](str(value).removesuffix(".0"))
            except ValueError:
                kind = "a number" if kinds[name] is float else "a whole number"
                raise ValueError(f"the limit {name} takes {kind}, not {value!r}") from None
        return cls(**found)  # pyright: ignore[reportArgumentType] - each is of its field's type


NAMES: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(Limits))
"""Of every limit."""

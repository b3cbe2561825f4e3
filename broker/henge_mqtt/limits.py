"""Every bound of the broker in one place, with what happens when it is reached. The defaults suit a Raspberry Pi."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds per broker, client and packet. Sizes are in bytes, times in seconds."""

    connections: int = 20_000
    """Sockets at once; a further one is closed unread. At 2-6 KB each, 20,000 fit into a Pi's memory."""

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

    unreleased: int = 10_000
    """QoS 2 messages of one client whose PUBREL has not come; a further one closes the connection."""

    queue_messages: int = 10_000
    """Queued per session; the oldest is dropped for a new one. A fleet of so many may answer one watcher at once."""

    queue_bytes: int = 4 * 1024 * 1024
    """Queued per session, topics and payloads; the oldest are dropped. 10,000 messages of 400 bytes."""

    backlog_messages: int = 20_000
    """Retained messages a client has yet to be sent; subscribing while there are more is answered with 0x80."""

    sessions: int = 10_000
    """Persistent sessions without a connection; for a further one the longest-gone is forgotten."""

    retained_messages: int = 50_000
    """Topics with a retained message; on a further one the message is routed, but not kept."""

    retained_bytes: int = 64 * 1024 * 1024
    """All retained topics and payloads; beyond, a message is routed, but not kept."""

    held: int = 100
    """Publishes (`HOLD`) and subscriptions of one client that wait for the application; then its socket is not read."""

    forbidden_publishes: int = 10
    """Publishes a client may attempt where it must not; one more and it is disconnected."""

    write_soft: int = 64 * 1024
    """Bytes waiting for one reader: from here QoS 0 is dropped and QoS 1 queued until it reads on."""

    write_hard: int = 1024 * 1024
    """Bytes waiting for one reader: from here it is disconnected. Only answers to its own packets can get there."""

    close_timeout: float = 5
    """For a closing connection to take the last bytes written to it; then it is cut."""

    def __post_init__(self) -> None:
        if self.write_hard < self.write_soft + self.packet_size:
            raise ValueError(
                "write_hard must be at least write_soft + packet_size: one packet may come on top of write_soft"
            )

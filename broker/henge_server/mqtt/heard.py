"""Heard: a message that an outside broker delivered, and who it says it is from."""

from collections.abc import Callable

from henge_protocol import topics

_MOST = max(topics.MAX_BYTES.values())


class Heard:
    """`settle` is called when it has been acknowledged. Of a payload that is too large only the size is kept."""

    __slots__ = ("_settle", "acked", "packet_id", "payload", "retain", "size", "topic")

    def __init__(self, topic: str, payload: bytes, retain: bool, packet_id: int, settle: Callable[[], None]) -> None:
        self.topic = topic
        self.size = len(payload)
        self.payload = payload if self.size <= _MOST else b""
        self.retain = retain
        self.packet_id = packet_id
        """0 at QoS 0, where nobody waits for an acknowledgement."""
        self.acked = False
        self._settle = settle

    def ack(self) -> None:
        """It is safe; idempotent, and safe when the connection is gone."""
        if not self.acked:
            self.acked = True
            self._settle()

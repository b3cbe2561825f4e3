"""The seam to MQTT: what the rest of the server asks of a broker. Each side of it is a file of its own: `embedded` runs
henge's own broker in this process.
"""

from abc import ABC, abstractmethod


class Mqtt(ABC):
    """A broker, embedded or elsewhere."""

    @abstractmethod
    def publish_desired(self, device: str, document: bytes) -> None:
        """Sends a device the document that it should have."""

    @abstractmethod
    def forget(self, device: str) -> None:
        """Ends a removed device's connection and what is retained for it."""

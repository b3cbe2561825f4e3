"""The seam to MQTT: what the rest of the server asks of a broker, and what it is told. Each side of it is a file of its
own: `embedded` runs henge's own broker in this process, `outside` uses one that is there already.
"""

from abc import ABC, abstractmethod
from typing import Protocol


class Mqtt(ABC):
    """A broker, embedded or elsewhere."""

    @abstractmethod
    def publish_desired(self, device: str, document: bytes) -> None:
        """Sends a device the document that it should have."""

    @abstractmethod
    def publish_command(self, device: str, command: bytes) -> bool:
        """Sends a device a command; False where it is known that it does not listen now."""

    @abstractmethod
    def forget(self, device: str) -> None:
        """Ends a removed device's connection and what is retained for it."""

    @abstractmethod
    def heard_of(self, device: str) -> None:
        """What a device has said is on disk, and may change what is kept for it."""

    @abstractmethod
    def not_ready(self) -> str | None:
        """Why devices cannot be reached now, as a sentence; None where they can."""


class Sender(Protocol):
    """A device that is connected, as whoever takes its messages sees it."""

    @property
    def id(self) -> str: ...

    @property
    def connected(self) -> bool: ...

    def close(self, reason: str) -> None:
        """What it said could not be taken: it is to be said again over another connection."""
        ...


class Said(Protocol):
    """A message of a device."""

    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> bytes: ...

    def ack(self) -> None:
        """It is safe."""
        ...

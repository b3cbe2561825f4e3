"""What the application decides: who may connect, publish and subscribe, where retained messages come from.

Hooks are called on the event loop and must not block. An exception out of one is logged and ends that client only.
"""

from collections.abc import Awaitable
from typing import Self

from henge_mqtt.client import Client
from henge_mqtt.message import Message, Received

# CONNACK return codes (MQTT 3.1.1 table 3.1).
ACCEPTED = 0
BAD_VERSION = 1
BAD_CLIENT_ID = 2
UNAVAILABLE = 3
BAD_CREDENTIALS = 4
NOT_AUTHORIZED = 5


class Refusal(int):
    """A CONNACK code other than ACCEPTED, and what the log should say about it: `Refusal(BAD_CREDENTIALS, "why")`."""

    why: str

    def __new__(cls, code: int, why: str) -> Self:
        self = super().__new__(cls, code)
        self.why = why
        return self


HOLD = False
"""`on_message` answers this to acknowledge later, with `Received.ack`."""


class Hooks:
    """Lets everybody do everything, but for publishing to $-topics and shared subscriptions.

    Override what should be different.
    """

    def authenticate(self, client: Client, password: bytes | None) -> int | Awaitable[int]:
        """ACCEPTED, BAD_CREDENTIALS, NOT_AUTHORIZED or UNAVAILABLE, or an awaitable of one.

        `client.id`, `.username`, `.address` are set. What the client sends meanwhile waits. The broker logs each
        refusal; answer a `Refusal` to have it say more than the code does.
        """
        return ACCEPTED

    def may_publish(self, client: Client, topic: str) -> bool:
        """False: the message is acknowledged and dropped (3.1.1 has no other way, 3.3.5-2), counted and logged.

        Asked for the will too, when the client connects: False refuses the connection with NOT_AUTHORIZED.
        """
        return not topic.startswith("$")

    def may_subscribe(self, client: Client, topic_filter: str) -> bool:
        """False: the filter is answered with 0x80 (3.9.3).

        `$share/...` is MQTT 5's. Here it is a filter like any other: granted, it would wait in vain, and say nothing.
        """
        return not topic_filter.startswith("$share/")

    def retained(self, client: Client, topic_filter: str) -> Awaitable[list[Message]] | None:
        """The retained messages for a new subscription. None: those that the broker keeps.

        An awaitable: SUBACK waits for it and is followed by these messages, sent with the retain flag. The subscription
        is live at once: messages published meanwhile may arrive before SUBACK (3.8.4 permits that).
        """
        return None

    def on_message(self, client: Client, message: Received) -> bool | None:
        """A message came in. None: acknowledged and routed at once. HOLD: when the application calls `message.ack()`.

        Acknowledgements keep the order of arrival (4.6.0-2): later QoS 1 messages of this client wait for a held one.
        Not called for wills nor for what the application publishes.
        """
        return None

    def on_presence(self, client: Client, online: bool, reason: str) -> None:
        """A client is there (after its CONNACK was queued), or is gone: once each per connection.

        When a client id is taken over, the old one's end comes before the new one's start. `reason` is text for people:
        one of the constants in `henge_mqtt.reasons`, or one that begins with "malformed: ".
        """

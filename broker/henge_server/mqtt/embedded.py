"""The embedded broker behind the seam: henge_mqtt in this process, and the answers it asks of the server."""

import errno
import ssl
from collections.abc import Awaitable, Mapping

import structlog
from henge_mqtt import (
    ACCEPTED,
    BAD_CREDENTIALS,
    UNAVAILABLE,
    Broker,
    Client,
    Hooks,
    Limits,
    Listener,
    ListenError,
    Message,
    Received,
    Refusal,
)
from henge_protocol import topics

from henge_server import access, keys
from henge_server.desired import standing
from henge_server.devices import Devices
from henge_server.dispatch import Dispatch
from henge_server.documents import payload
from henge_server.errors import CannotStart, HengeError
from henge_server.fitting import Fitting
from henge_server.intake import Intake
from henge_server.mqtt import Mqtt
from henge_server.presence import Presence
from henge_server.settings import split_address
from henge_server.store import Store

# Largest packet that a device may send: the largest payload of any topic, and room for the topic and the heads, in
# bytes.
_PACKET_BYTES = max(topics.MAX_BYTES.values()) + 256

_ELSEWHERE = "Choose another address with --{} HOST:PORT."
_WHO = (
    "Perhaps another broker runs here (mosquitto starts by itself where it is installed), or another henge server; "
    "`ss -ltnp` says who it is. Stop it, or choose another address with --{} HOST:PORT."
)

log = structlog.get_logger("henge.mqtt")


class EmbeddedMqtt(Mqtt):
    """henge_mqtt in this process. Desired documents are retained in the store: the broker holds no copy."""

    def __init__(self, limits: Mapping[str, float]) -> None:
        self._limits = Limits.of({"packet_size": _PACKET_BYTES, **limits})
        self._hooks: DeviceHooks | None = None
        self.broker: Broker | None = None

    async def listen(
        self, plain: str, secure: str, context: ssl.SSLContext, hooks: "DeviceHooks"
    ) -> tuple[Listener, Listener]:
        """Starts the broker on two addresses, without TLS and with it. Raises CannotStart."""
        self._hooks = hooks
        self.broker = Broker(hooks, self._limits)
        return await self._listen("mqtt", plain), await self._listen("mqtts", secure, context)

    async def _listen(self, setting: str, address: str, context: ssl.SSLContext | None = None) -> Listener:
        assert self.broker
        try:
            return await self.broker.listen(*split_address(address), ssl=context)
        except ListenError as error:
            todo = _WHO if error.errno == errno.EADDRINUSE else _ELSEWHERE
            raise CannotStart(f"MQTT {error}. {todo.format(setting)}") from error

    async def close(self) -> None:
        if self.broker:
            await self.broker.close()

    def publish_desired(self, device: str, document: bytes) -> None:
        if self.broker:
            self.broker.publish(topics.build(device, topics.DESIRED), document, qos=1)

    def publish_command(self, device: str, command: bytes) -> bool:
        return self.broker is not None and self.broker.publish(topics.build(device, topics.COMMAND), command) > 0

    def forget(self, device: str) -> None:
        if self.broker:
            self.broker.disconnect(device, "the device was removed")
            self.broker.publish(topics.build(device, topics.STATUS), b"", qos=0, retain=True)
        if self._hooks:
            self._hooks.forget(device)

    def heard_of(self, device: str) -> None:
        """Nothing is kept here: what a device is sent is read from the store when it subscribes."""

    def not_ready(self) -> str | None:
        return None if self.broker else "The broker does not listen."


class DeviceHooks(Hooks):
    """The embedded broker's questions, answered for devices."""

    def __init__(
        self,
        store: Store,
        devices: Devices,
        intake: Intake,
        presence: Presence,
        dispatch: Dispatch,
        fitting: Fitting,
    ) -> None:
        self._store = store
        self._devices = devices
        self._intake = intake
        self._presence = presence
        self._dispatch = dispatch
        self._fitting = fitting

    async def authenticate(self, client: Client, password: bytes | None) -> int:
        try:
            return await self._authenticate(client, password or b"")
        except HengeError as error:
            return Refusal(UNAVAILABLE, error.detail)

    def may_publish(self, client: Client, topic: str) -> bool:
        return access.may_publish(client.id, topic)

    def may_subscribe(self, client: Client, topic_filter: str) -> bool:
        return access.may_subscribe(client.id, topic_filter)

    def retained(self, client: Client, topic_filter: str) -> Awaitable[list[Message]] | None:
        place = topics.parse(topic_filter)
        if place is None:
            return None
        if place[1] == topics.COMMAND:
            return self._commands(place[0])
        return self._desired(place[0], topic_filter) if place[1] == topics.DESIRED else None

    def on_message(self, client: Client, message: Received) -> bool | None:
        return self._intake.take(client, message)

    def on_presence(self, client: Client, online: bool, reason: str) -> None:
        if online:
            self._presence.came(client.id)
        else:
            self._presence.went(client.id, reason)

    def forget(self, device: str) -> None:
        """It was removed, and its connection was ended."""
        self._presence.forget(device)

    async def _authenticate(self, client: Client, password: bytes) -> int:
        """Client id, user name and device id are the same; the next credential replaces the one in use when it first
        fits.
        """
        if client.id != client.username or not topics.is_device_id(client.id):
            return Refusal(BAD_CREDENTIALS, "client id and user name are not one device id")
        device = await self._store.device(client.id)
        if device is None:
            return Refusal(BAD_CREDENTIALS, "no such device")
        if keys.matches(password, device.credential.password_sha256):
            return ACCEPTED
        if device.next_credential and keys.matches(password, device.next_credential.password_sha256):
            await self._devices.activate(device.id)
            # It may have been removed or rotated again while that was written; nothing is waited for after this look.
            device = await self._store.device(client.id)
            if device and keys.matches(password, device.credential.password_sha256):
                log.info("the rotated credential is in use", client=client.id)
                return ACCEPTED
        return Refusal(BAD_CREDENTIALS, "wrong password")

    async def _commands(self, device: str) -> list[Message]:
        """Nothing is retained: what waits for it is sent behind the answer, once it is known who the device is now."""
        await self._intake.settled(device)
        self._dispatch.listens(device)
        self._fitting.listens(device)
        return []

    async def _desired(self, device: str, topic: str) -> list[Message]:
        """The newest document, once what the device said of itself on this connection is taken in."""
        await self._intake.settled(device)
        found = await standing(self._store, device)
        if found and found.is_for_another_firmware:
            if not await self._fitting.ready(device, found):
                return []
            found = await standing(self._store, device)
        revision = found.to_serve if found else None
        return [Message(topic, payload(revision), qos=1, retain=True)] if revision else []

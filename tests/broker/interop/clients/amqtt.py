"""The client of amqtt."""

from __future__ import annotations

import contextlib
from importlib.metadata import version

from amqtt.client import ClientError, ConnectError, MQTTClient
from amqtt.contexts import ClientConfig, ConnectionConfig, WillConfig

from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Foreign, Got, Lost, Options, Refused, Visitor


class Amqtt(Visitor):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        will = options.will
        config = ClientConfig(
            keep_alive=options.keep_alive + 1,  # it takes ping_delay, one second, off what it tells the broker
            auto_reconnect=options.returns,
            cleansession=options.clean,
            connection=ConnectionConfig(cafile=options.ca),
            will=WillConfig(will.topic, will.payload.decode(), will.qos, will.retain) if will else None,
        )
        self._client = MQTTClient(options.client_id, config)

    async def connect(self) -> None:
        options = self.options
        user = "" if options.password is None else f"ann:{options.password}@"
        try:
            await self._client.connect(f"{'mqtts' if options.ca else 'mqtt'}://{user}{options.host}:{options.port}/")
        except ConnectError as problem:
            code = getattr(problem, "return_code", None)
            raise Refused(f"{problem}, code {code}") from problem
        if options.unsubscribe:
            await self._client.unsubscribe([options.unsubscribe])
        for wanted in options.subscribe:
            await self._client.subscribe([wanted])

    async def read(self) -> Got:
        message = await self._client.deliver_message(PATIENCE_S)
        assert message is not None
        return Got(message.topic, bytes(message.data))

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        try:
            await self._client.publish(topic, payload, qos, retain)
        except AttributeError as problem:  # what it raises when the connection is lost meanwhile
            raise Lost(str(problem)) from problem

    async def leave(self) -> None:
        with contextlib.suppress(ClientError):
            await self._client.disconnect()


ONE_VERSION = "speaks MQTT 3.1.1 only"
LACKS = {"attempt with MQTT 5": ONE_VERSION, "attempt with MQTT 3.1": ONE_VERSION}
FAILS = {
    "QoS 2 to the client, PUBCOMP lost: once": "does not answer when PUBREL comes again",
    "QoS 2 from the client, PUBCOMP lost: once": "does not send PUBREL again",
}
AMQTT = Foreign("amqtt", lambda: version("amqtt"), Amqtt, LACKS, FAILS)

"""aiomqtt, paho-mqtt for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from importlib.metadata import version

import aiomqtt

from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Foreign, Got, Lost, Options, Refused, Visitor


class Aiomqtt(Visitor):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._client = aiomqtt.Client(
            options.host,
            options.port,
            identifier=options.client_id,
            protocol=aiomqtt.ProtocolVersion(options.version),
            clean_session=options.clean if options.version < 5 else None,
            keepalive=options.keep_alive,
            will=aiomqtt.Will(*options.will) if options.will else None,
            tls_context=ssl.create_default_context(cafile=options.ca) if options.ca else None,
            username=None if options.password is None else "ann",
            password=options.password,
        )

    async def connect(self) -> None:
        try:
            await self._client.__aenter__()
        except aiomqtt.MqttError as problem:
            raise Refused(str(problem)) from problem
        if self.options.unsubscribe:
            await self._client.unsubscribe(self.options.unsubscribe)
        for topic_filter, qos in self.options.subscribe:
            await self._client.subscribe(topic_filter, qos)

    async def read(self) -> Got:
        message = await asyncio.wait_for(anext(aiter(self._client.messages)), PATIENCE_S)
        assert isinstance(message.payload, bytes)
        return Got(str(message.topic), message.payload)

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        try:
            await self._client.publish(topic, payload, qos, retain)
        except aiomqtt.MqttError as problem:
            raise Lost(str(problem)) from problem

    async def come_back(self) -> None:
        await self.leave()
        await self._client.__aenter__()

    async def leave(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):  # the connection may be gone
            await self._client.__aexit__(None, None, None)


AIOMQTT = Foreign("aiomqtt", lambda: version("aiomqtt"), Aiomqtt)

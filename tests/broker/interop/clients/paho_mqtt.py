"""paho-mqtt, Eclipse Paho's client for Python, with its own thread."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Foreign, Got, Inbox, Options, Refused


class PahoMqtt(Inbox):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._loop = asyncio.get_running_loop()
        self._acknowledged: asyncio.Queue[int] = asyncio.Queue()
        self._connected: asyncio.Queue[Any] = asyncio.Queue()
        self.client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            options.client_id,
            clean_session=options.clean if options.version < 5 else None,
            protocol=MQTTProtocolVersion(options.version),
            reconnect_on_failure=options.returns,
        )
        if options.password is not None:
            client.username_pw_set("ann", options.password)
        if options.will:
            client.will_set(*options.will)
        if options.ca:
            client.tls_set(str(options.ca))
        client.on_connect = lambda client, data, flags, code, properties: self._tell(self._connected.put_nowait, code)
        client.on_message = lambda client, data, message: self._tell(
            self.messages.put_nowait, Got(message.topic, bytes(message.payload))
        )
        client.on_subscribe = lambda client, data, mid, codes, properties: self._acknowledge(mid)
        client.on_unsubscribe = lambda client, data, mid, codes, properties: self._acknowledge(mid)
        client.on_publish = lambda client, data, mid, code, properties: self._acknowledge(mid)

    def _tell(self, action: Callable[[Any], Any], value: Any) -> None:
        """From paho's thread to the event loop."""
        self._loop.call_soon_threadsafe(action, value)

    def _acknowledge(self, mid: int) -> None:
        self._tell(self._acknowledged.put_nowait, mid)

    async def _until_acknowledged(self, mid: int | None) -> None:
        assert await asyncio.wait_for(self._acknowledged.get(), PATIENCE_S) == mid

    async def connect(self) -> None:
        options = self.options
        try:
            await asyncio.to_thread(self.client.connect, options.host, options.port, options.keep_alive)
        except ssl.SSLError as problem:
            raise Refused(str(problem)) from problem
        self.client.loop_start()
        code = await asyncio.wait_for(self._connected.get(), PATIENCE_S)
        if code.is_failure:
            raise Refused(str(code))
        if options.unsubscribe:
            await self._until_acknowledged(self.client.unsubscribe(options.unsubscribe)[1])
        for topic_filter, qos in options.subscribe:
            await self._until_acknowledged(self.client.subscribe(topic_filter, qos)[1])

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        await self._until_acknowledged(self.client.publish(topic, payload, qos, retain).mid)

    async def leave(self) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)


PAHO_MQTT = Foreign("paho-mqtt", lambda: version("paho-mqtt"), PahoMqtt)

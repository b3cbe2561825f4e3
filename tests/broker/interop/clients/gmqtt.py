"""gmqtt. It speaks MQTT 5 unless told otherwise, and MQTT 3.1.1 when a broker knows no MQTT 5."""

from __future__ import annotations

import asyncio
import ssl
from importlib.metadata import version
from typing import Any

import gmqtt
from gmqtt.mqtt.handler import MQTTConnectError

from tests.broker.interop.tap import PATIENCE_S
from tests.broker.interop.visitor import Foreign, Got, Inbox, Options, Refused


class Gmqtt(Inbox):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._answered: asyncio.Queue[int] = asyncio.Queue()
        will = options.will
        self.client = client = gmqtt.Client(
            options.client_id,
            clean_session=options.clean,
            will_message=will and gmqtt.Message(will.topic, will.payload, will.qos, will.retain),
        )
        retries = gmqtt.constants.UNLIMITED_RECONNECTS if options.returns or options.version == 5 else 0
        client.set_config({"reconnect_retries": retries, "reconnect_delay": 0})
        if options.password is not None:
            client.set_auth_credentials("ann", options.password)
        client.on_message = self._on_message
        client.on_subscribe = client.on_unsubscribe = lambda client, mid, *more: self._answered.put_nowait(mid)

    def _on_message(self, client: Any, topic: str, payload: bytes, qos: int, properties: Any) -> int:
        self.messages.put_nowait(Got(topic, payload))
        return 0

    async def connect(self) -> None:
        options = self.options
        context: Any = ssl.create_default_context(cafile=options.ca) if options.ca else False
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.client.connect(options.host, options.port, context, options.keep_alive, options.version)
        except (MQTTConnectError, ssl.SSLError) as problem:
            raise Refused(str(problem)) from problem
        if options.unsubscribe:
            self.client.unsubscribe(options.unsubscribe)
            await asyncio.wait_for(self._answered.get(), PATIENCE_S)
        for topic_filter, qos in options.subscribe:
            self.client.subscribe(topic_filter, qos)
            await asyncio.wait_for(self._answered.get(), PATIENCE_S)

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos, retain)
        await asyncio.wait_for(self.client._persistent_storage.wait_empty(), PATIENCE_S)

    async def leave(self) -> None:
        await self.client.disconnect()


LACKS = {
    "empty client id": "makes an id up when given none",
    "attempt with MQTT 3.1": "speaks MQTT 3.1.1 and 5 only",
}
FAILS = {"QoS 2 to the client, PUBREC lost: once": "hands out the second PUBLISH too"}
GMQTT = Foreign("gmqtt", lambda: version("gmqtt"), Gmqtt, LACKS, FAILS)

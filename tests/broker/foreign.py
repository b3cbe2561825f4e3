"""MQTT clients that no one here wrote, behind one small interface, so that one scenario runs with each of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import aiomqtt
import amqtt.client
import amqtt.contexts
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 20


class Got(NamedTuple):
    """A message as the client hands it out."""

    topic: str
    payload: bytes
    retained: bool


class Account(NamedTuple):
    """What a client connects with; its will is published on `will` as b"gone", QoS 1, retained."""

    port: int
    client_id: str
    password: str = "right"
    will: str | None = None


class Refused(Exception):
    """The broker did not let the client in."""


class Foreign:
    """A connected client. `publish` (QoS 1) returns when the broker has acknowledged; so does `subscribe`, but for
    mosquitto's, whose program does not say when that is."""

    def __init__(self) -> None:
        self._got: asyncio.Queue[Got] = asyncio.Queue()

    async def read(self) -> Got:
        return await asyncio.wait_for(self._got.get(), PATIENCE_S)

    async def subscribe(self, topic_filter: str) -> None:
        raise NotImplementedError

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        raise NotImplementedError


class Mosquitto(Foreign):
    """mosquitto_sub for each subscription, mosquitto_pub for each message."""

    def __init__(self, account: Account, program: Callable[[str], str]) -> None:
        super().__init__()
        self._account = account
        self._program = program
        self._running: list[asyncio.subprocess.Process] = []
        self._readers: list[asyncio.Task[None]] = []

    async def subscribe(self, topic_filter: str) -> None:
        process = await self._start("mosquitto_sub", self._account.client_id, "-t", topic_filter, "-F", "%r %t %x")
        self._running.append(process)
        self._readers.append(asyncio.create_task(self._read(process)))

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        more = ["-t", topic, "-m", payload.decode(), *(["-r"] if retain else [])]
        process = await self._start("mosquitto_pub", self._account.client_id + "-pub", *more)
        if await asyncio.wait_for(process.wait(), PATIENCE_S):
            raise Refused

    async def _start(self, name: str, client_id: str, *more: str) -> asyncio.subprocess.Process:
        account = self._account
        who = ["-h", "127.0.0.1", "-p", str(account.port), "-i", client_id, "-u", "ann", "-P", account.password]
        will = ["--will-topic", account.will, "--will-payload", "gone", "--will-qos", "1", "--will-retain"]
        options = [*who, "-q", "1", *more, *(will if account.will else [])]
        quiet = asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(
            self._program(name), *options, stdout=asyncio.subprocess.PIPE, stderr=quiet
        )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            retained, topic, payload = line.decode().rstrip("\n").split(" ")
            self._got.put_nowait(Got(topic, bytes.fromhex(payload), retained == "1"))

    async def close(self) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()  # it overlooks a SIGTERM amid its connecting
            await process.wait()
        await asyncio.gather(*self._readers)


@contextlib.asynccontextmanager
async def mosquitto(account: Account, program: Callable[[str], str]) -> AsyncIterator[Foreign]:
    """It connects at its first subscription or message."""
    client = Mosquitto(account, program)
    try:
        yield client
    finally:
        await client.close()


class Paho(Foreign):
    """paho-mqtt with its own thread."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._acknowledged: asyncio.Queue[int] = asyncio.Queue()
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self.client = client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=account.client_id, reconnect_on_failure=False
        )
        client.username_pw_set("ann", account.password)
        if account.will:
            client.will_set(account.will, b"gone", 1, True)
        client.on_connect = lambda client, data, flags, code, properties: self._tell(
            self._connected.set_result, not code.is_failure
        )
        client.on_message = lambda client, data, message: self._tell(
            self._got.put_nowait, Got(message.topic, bytes(message.payload), message.retain)
        )
        client.on_subscribe = lambda client, data, mid, codes, properties: self._acknowledge(mid)
        client.on_publish = lambda client, data, mid, code, properties: self._acknowledge(mid)

    def _tell(self, action: Callable[[Any], Any], value: Any) -> None:
        """From paho's thread to the event loop."""
        self._loop.call_soon_threadsafe(action, value)

    def _acknowledge(self, mid: int) -> None:
        self._tell(self._acknowledged.put_nowait, mid)

    async def connect(self, port: int) -> None:
        await asyncio.to_thread(self.client.connect, "127.0.0.1", port)
        self.client.loop_start()
        if not await asyncio.wait_for(self._connected, PATIENCE_S):
            raise Refused

    async def subscribe(self, topic_filter: str) -> None:
        _, mid = self.client.subscribe(topic_filter, 1)
        assert await asyncio.wait_for(self._acknowledged.get(), PATIENCE_S) == mid

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        sent = self.client.publish(topic, payload, 1, retain)
        assert await asyncio.wait_for(self._acknowledged.get(), PATIENCE_S) == sent.mid


@contextlib.asynccontextmanager
async def paho_mqtt(account: Account, program: Callable[[str], str]) -> AsyncIterator[Foreign]:
    client = Paho(account)
    try:
        await client.connect(account.port)
        yield client
    finally:
        client.client.disconnect()
        await asyncio.to_thread(client.client.loop_stop)


class Aiomqtt(Foreign):
    """aiomqtt."""

    def __init__(self, client: aiomqtt.Client) -> None:
        super().__init__()
        self._client = client

    async def subscribe(self, topic_filter: str) -> None:
        await self._client.subscribe(topic_filter, 1)

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        await self._client.publish(topic, payload, 1, retain)

    async def read(self) -> Got:
        message = await asyncio.wait_for(anext(aiter(self._client.messages)), PATIENCE_S)
        assert isinstance(message.payload, bytes)
        return Got(str(message.topic), message.payload, message.retain)


@contextlib.asynccontextmanager
async def aiomqtt_(account: Account, program: Callable[[str], str]) -> AsyncIterator[Foreign]:
    will = aiomqtt.Will(account.will, b"gone", 1, True) if account.will else None
    client = aiomqtt.Client(
        "127.0.0.1", account.port, identifier=account.client_id, username="ann", password=account.password, will=will
    )
    try:
        await client.__aenter__()
    except aiomqtt.MqttError as problem:
        raise Refused from problem
    try:
        yield Aiomqtt(client)
    finally:
        with contextlib.suppress(aiomqtt.MqttError):  # the broker may have ended the connection
            await client.__aexit__(None, None, None)


class Amqtt(Foreign):
    """amqtt's client."""

    def __init__(self, client: amqtt.client.MQTTClient) -> None:
        super().__init__()
        self._client = client

    async def subscribe(self, topic_filter: str) -> None:
        assert await self._client.subscribe([(topic_filter, 1)]) == [1]

    async def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        await self._client.publish(topic, payload, 1, retain)

    async def read(self) -> Got:
        message = await self._client.deliver_message(PATIENCE_S)
        assert message is not None
        assert message.publish_packet is not None
        return Got(message.topic, bytes(message.data), message.publish_packet.retain_flag)


@contextlib.asynccontextmanager
async def amqtt_(account: Account, program: Callable[[str], str]) -> AsyncIterator[Foreign]:
    will = amqtt.contexts.WillConfig(account.will, "gone", 1, True) if account.will else None
    config = amqtt.contexts.ClientConfig(auto_reconnect=False, will=will)
    client = amqtt.client.MQTTClient(account.client_id, config)
    try:
        await client.connect(f"mqtt://ann:{account.password}@127.0.0.1:{account.port}/")
    except amqtt.client.ConnectError as problem:
        raise Refused from problem
    try:
        yield Amqtt(client)
    finally:
        await client.disconnect()


FOREIGN_CLIENTS = {"mosquitto": mosquitto, "paho-mqtt": paho_mqtt, "aiomqtt": aiomqtt_, "amqtt": amqtt_}

"""A device by script: what protocol.md asks of one, on aiomqtt, with every signature checked. It reports what it is
told to.
"""

import asyncio
import itertools
import socket
from typing import Any

import aiomqtt
from henge_protocol import signing, topics
from henge_protocol.messages import APPLIED, Announcement, Command, Desired, Document, Hello, Report, Result, caps_of

PATIENCE_S = 20  # for what must happen; nothing is proven by the time it takes


class Refused(Exception):
    """The broker did not let the device in."""


class Device:
    """One device with its credential; `boot` is what it calls its start."""

    def __init__(self, address: str, credential: dict[str, str], boot: int = 1) -> None:
        self.credential = credential
        self.id = credential["username"]
        self.key = bytes.fromhex(credential["config_key"])
        self.boot = boot
        self.order = (0, 0)
        self.digest = bytes(signing.DIGEST_BYTES)
        self.caps = b""
        self.announcement = b""
        self._host, port = address.rsplit(":", 1)
        self._port = int(port)
        self._password = credential["password"]
        self._counts = itertools.count()
        self._client: aiomqtt.Client | None = None

    async def __aenter__(self) -> "Device":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    async def connect(self, identifier: str | None = None) -> None:
        """Raises Refused."""
        client = aiomqtt.Client(
            self._host,
            self._port,
            username=self.id,
            password=self._password,
            identifier=identifier or self.id,
            will=aiomqtt.Will(self.topic(topics.STATUS), b"offline", qos=1, retain=True),
            timeout=PATIENCE_S,
        )
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            raise Refused(str(error)) from error
        self._client = client

    async def disconnect(self) -> None:
        if self._client:
            client, self._client = self._client, None
            try:
                await client.__aexit__(None, None, None)
            except aiomqtt.MqttError:
                pass  # it was cut off before

    def cut(self) -> None:
        """Breaks the connection without a word, as a power cut does."""
        found = self.client._client.socket()
        assert isinstance(found, socket.socket)
        found.shutdown(socket.SHUT_RDWR)

    @property
    def client(self) -> aiomqtt.Client:
        assert self._client is not None, "connect first"
        return self._client

    def topic(self, channel: str) -> str:
        return topics.build(self.id, channel)

    async def say(self, channel: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Returns when the broker has acknowledged."""
        await self.client.publish(self.topic(channel), payload, qos=qos, retain=retain)

    def hello_of(self, **fields: Any) -> Hello:
        """A hello of this device, with fields changed."""
        epoch, rev = self.order
        hello = {
            "proto": 1,
            "uid": b"hardware",
            "agent": "script",
            "board": "test",
            "runtime": "cpython",
            "caps": self.caps,
            "epoch": epoch,
            "rev": rev,
            "digest": self.digest,
            "last": None,
            "boot": self.boot,
            "reset": "power",
            "free": 100_000,
            "sleep_s": None,
        }
        return Hello(**(hello | fields))

    def knows(self, settings: dict[str, dict[str, Any]]) -> None:
        """Its firmware declares these settings; the next hello names them."""
        self.announcement = Announcement(settings=settings).encode()
        self.caps = caps_of(self.announcement)

    async def announce(self) -> None:
        """Answers when it is asked what it can be told."""
        command = await self.command()
        assert (command.name, command.args) == ("describe", {})
        await self.say(topics.SCHEMA, self.announcement)
        await self.answer(command, self.caps)

    async def hello(self, **fields: Any) -> None:
        await self.say(topics.HELLO, self.hello_of(**fields).encode())

    async def join(self, **fields: Any) -> None:
        """Hello, online, subscribed: all that follows a connection."""
        await self.hello(**fields)
        await self.say(topics.STATUS, b"online", retain=True)
        for channel in topics.TO_DEVICE:
            await self.client.subscribe(self.topic(channel), qos=1)

    async def desired(self) -> Desired:
        """The next document, its signature checked."""
        async with asyncio.timeout(PATIENCE_S):
            message = await anext(self.client.messages)
        assert str(message.topic) == self.topic(topics.DESIRED)
        assert isinstance(message.payload, bytes)
        desired = Desired.decode(message.payload)
        assert desired.mac == signing.config_mac(self.key, self.id, desired.epoch, desired.rev, desired.doc)
        return desired

    async def command(self) -> Command:
        """The next command."""
        async with asyncio.timeout(PATIENCE_S):
            message = await anext(self.client.messages)
        assert str(message.topic) == self.topic(topics.COMMAND)
        assert isinstance(message.payload, bytes)
        return Command.decode(message.payload)

    async def answer(self, command: Command, data: object = None, ok: bool = True) -> None:
        """Says what came of a command; returns when the server has acknowledged it."""
        await self.say(topics.RESULT, Result(id=command.id, ok=ok, data=data).encode())

    async def nothing_more(self) -> None:
        """Asserts that no message is on its way: what is sent later comes after an answer that is asked for now."""
        await self.client.unsubscribe(self.topic(topics.HELLO))  # which it never had; no disk has a part in the answer
        assert not len(self.client.messages)

    async def cut_off(self) -> None:
        """Returns when the server has ended the connection."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while True:
                    await anext(self.client.messages)
            except aiomqtt.MqttError:
                return

    async def is_heard(self, channel: str, payload: bytes) -> bool:
        """Says something; False where the server ends the connection over it instead of acknowledging."""
        saying = asyncio.create_task(self.say(channel, payload))
        ended = asyncio.create_task(self.cut_off())
        await asyncio.wait([saying, ended], return_when=asyncio.FIRST_COMPLETED)
        heard = saying.done()
        for task in (saying, ended):
            task.cancel()
        await asyncio.wait([saying, ended])
        return heard

    def report_of(self, desired: Desired, state: str = APPLIED, **fields: Any) -> Report:
        """A report with the next count."""
        if state == APPLIED:
            self.order = (desired.epoch, desired.rev)
            self.digest = signing.document_digest(self.key, desired.doc)
        report = {
            "epoch": desired.epoch,
            "rev": desired.rev,
            "state": state,
            "digest": self.digest,
            "errors": {},
            "boot": self.boot,
            "n": next(self._counts),
        }
        return Report(**(report | fields))

    async def report(self, desired: Desired, state: str = APPLIED, **fields: Any) -> Report:
        """Says what became of a document; returns when the server has acknowledged it."""
        report = self.report_of(desired, state, **fields)
        await self.say(topics.REPORT, report.encode())
        return report

    async def take(self) -> Desired:
        """Takes the next document and says so."""
        desired = await self.desired()
        await self.report(desired)
        return desired


def values(desired: Desired) -> dict[str, Any]:
    """The values of a document."""
    return Document.decode(desired.doc).values

"""A client of the crowd that no one here wrote: paho-mqtt, driven by the event loop of the test, known to the ledger.

It vanishes and comes back as the others do; what QoS 2 and resending mean is paho's own idea of them.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Protocol, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.broker.crowd.account import Account
from tests.broker.crowd.ledger import Ledger
from tests.broker.crowd.links import CUTTING, PERFECT, SPLIT
from tests.broker.crowd.plan import Connect, Step
from tests.broker.crowd.publication import Publication
from tests.broker.crowd.rules import PASSWORD, may_subscribe

PATIENCE_S = 60


class SocketLike(Protocol):
    """What paho says that its socket is."""

    def fileno(self) -> int: ...


class Foreigner:
    """One client id; a clean session is a paho client of its own, a persistent one a client that reconnects."""

    def __init__(self, name: str, ledger: Ledger, ports: dict[str, int]) -> None:
        self.name = name
        self.ledger = ledger
        self.account = Account(name, ledger)
        self.outgoing: dict[int, Publication] = {}
        self._ports = ports
        self._client: paho.Client | None = None
        self._clean = True
        self._connected = False
        self._watching = False  # the socket, by the event loop
        self._leaving = False
        self._answer: asyncio.Future[bool] | None = None  # to CONNECT
        self._asked: dict[int, tuple[str, int, asyncio.Future[bool]]] = {}
        self._heard = asyncio.Event()
        self._got = 0

    # --- the script ---------------------------------------------------------------------------------------------------

    async def run(self, steps: list[Step]) -> None:
        for step in steps:
            if not self._connected:
                await self.connect(step.connect)
            verb = getattr(self, step.verb, None)
            if self._connected and verb is not None:
                await verb(step)
            for _ in range(step.turns):
                await asyncio.sleep(0)

    async def publish(self, step: Step) -> None:
        assert self._client
        publication = self.ledger.publication(self.name, step.topic, step.qos, step.retain, step.size)
        self.ledger.sent(publication, self.ledger.note(self.name, "publishes", publication))
        info = self._client.publish(step.topic, publication.payload, step.qos, step.retain)
        if step.qos:
            self.outgoing[info.mid] = publication
        else:
            self.account.hang(publication)

    async def _hear(self) -> None:
        """Wait until something came."""
        self._heard.clear()
        async with asyncio.timeout(PATIENCE_S):
            await self._heard.wait()

    async def subscribe(self, step: Step) -> None:
        assert self._client
        assert self.account.life
        time = self.ledger.note(self.name, "subscribes to", step.topic, step.qos)
        if may_subscribe(self.name, step.topic):
            self.account.life.subscribing(time, step.topic, step.qos)
        await self._wait_asked(self._client.subscribe(step.topic, step.qos)[1], step.topic, step.qos)

    async def unsubscribe(self, step: Step) -> None:
        assert self._client
        assert self.account.life
        known = sorted(self.account.life.subscriptions)
        topic_filter = known[step.size % len(known)] if known else step.topic
        self.account.life.unsubscribing(self.ledger.note(self.name, "unsubscribes from", topic_filter), topic_filter)
        await self._wait_asked(self._client.unsubscribe(topic_filter)[1], topic_filter, -1)

    async def vanish(self, step: Step) -> None:
        """Shut the socket from outside paho, which finds out when it reads."""
        assert self._client
        bare = cast(socket.socket, self._client.socket())
        time = self.ledger.note(self.name, "vanishes")
        if step.flag:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._watch(self._client, bare, False)
        bare.shutdown(socket.SHUT_RDWR)
        self._ended(time, True)
        while self._client.socket() is not None:  # what is there to be read still, then the end
            self._client.loop_read()

    take_over = misbehave = vanish

    async def leave(self, step: Step | None = None) -> None:
        """paho closes by itself right after DISCONNECT: a new connection may reach the broker first, and take over."""
        if not self._connected:
            return
        assert self._client
        time = self.ledger.note(self.name, "disconnects")
        self._leaving = True
        self._client.disconnect()
        while self._client.socket() is not None:
            await self._turn()
        self._leaving = False
        self._ended(time, None)

    async def _turn(self) -> None:
        await asyncio.sleep(0)

    # --- connecting ---------------------------------------------------------------------------------------------------

    async def connect(self, how: Connect) -> None:
        if self._client is None or how.clean or self._clean:
            self._drop_outgoing()
            self._client = self._make(how)
        self._clean = how.clean
        will = self._will(how)
        self.account.arriving(how.clean, will, cuts=False)
        answer = self._answer = asyncio.get_running_loop().create_future()
        # No link that cuts: when two connections fail in a row, paho publishes anew what it had sent PUBREL for.
        self._client.connect("127.0.0.1", self._ports[SPLIT if how.link == CUTTING else how.link], keepalive=0)
        await asyncio.wait_for(answer, PATIENCE_S)

    def _will(self, how: Connect) -> Publication | None:
        assert self._client
        self._client.will_clear()
        if how.will is None:
            return None
        will = self.ledger.publication(f"{self.name}~will", f"will/{self.name}", *how.will)
        self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        return will

    def _make(self, how: Connect) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, self.name, clean_session=how.clean, reconnect_on_failure=False
        )
        client.username_pw_set("crowd", PASSWORD.decode())
        client.on_socket_open = lambda c, _, bare: self._watch(c, bare, True)
        client.on_socket_close = lambda c, _, bare: self._watch(c, bare, False)
        client.on_socket_register_write = lambda c, _, bare: self._watch_writing(c, bare, True)
        client.on_socket_unregister_write = lambda c, _, bare: self._watch_writing(c, bare, False)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = lambda c, _, mid, codes, properties: self._on_unsubscribe(mid)
        return client

    def _watch(self, client: paho.Client, bare: SocketLike, on: bool) -> None:
        """Have the event loop tell paho what there is to read, or nothing any more."""
        loop = asyncio.get_running_loop()
        if on:
            loop.add_reader(bare.fileno(), client.loop_read)
        elif self._watching:
            loop.remove_reader(bare.fileno())
            loop.remove_writer(bare.fileno())
        self._watching = on

    def _watch_writing(self, client: paho.Client, bare: SocketLike, on: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._watching and on:
            loop.add_writer(bare.fileno(), client.loop_write)
        elif self._watching:
            loop.remove_writer(bare.fileno())

    def _drop_outgoing(self) -> None:
        for publication in self.outgoing.values():
            self.account.hang(publication)
        self.outgoing.clear()

    def _ended(self, time: int, will_due: bool | None) -> None:
        if not self._connected:
            return
        self._connected = False
        self.account.ended(time, will_due)
        for *_, answer in self._asked.values():
            if not answer.done():
                answer.set_result(False)
        self._asked.clear()
        self._heard.set()

    # --- paho's word --------------------------------------------------------------------------------------------------

    def _on_connect(self, client, data, flags, code, properties) -> None:
        if code.is_failure:
            self.ledger.problem(self.name, f"was refused: {code}")
        self.account.accepted(flags.session_present, cuts=False)
        for publication in self.outgoing.values():
            publication.sends += 1
        self._connected = True
        assert self._answer
        self._answer.set_result(True)

    def _on_disconnect(self, client, data, flags, code, properties) -> None:
        if self._answer is not None and not self._answer.done():
            self.ledger.problem(self.name, "was closed before CONNACK")
            self._answer.set_result(False)
        elif self._connected and not self._leaving:
            self.ledger.problem(self.name, "was closed by the broker without a reason")
            self._ended(self.ledger.tick(), True)

    def _on_message(self, client, data, message) -> None:
        life = self.account.life
        assert life is not None
        self._got += 1
        self.ledger.received(
            life, message.topic, bytes(message.payload), message.qos, bool(message.dup), bool(message.retain)
        )
        self._heard.set()

    def _on_publish(self, client, data, mid, code, properties) -> None:
        publication = self.outgoing.pop(mid, None)
        if publication is not None:
            self.ledger.note(self.name, "is answered for", publication)
            self.ledger.settle(publication, True)
            self._heard.set()

    def _on_subscribe(self, client, data, mid, codes, properties) -> None:
        topic_filter, qos, answer = self._asked.pop(mid)
        assert self.account.life
        granted = may_subscribe(self.name, topic_filter)
        if [code.value for code in codes] != [qos if granted else 0x80]:
            self.ledger.problem(self.name, f"got {codes} for {topic_filter}")
        if granted:
            time = self.ledger.note(self.name, "is subscribed to", topic_filter, qos)
            self.account.life.subscribed(time, topic_filter, qos)
        answer.set_result(True)

    def _on_unsubscribe(self, mid: int) -> None:
        topic_filter, _, answer = self._asked.pop(mid)
        assert self.account.life
        time = self.ledger.note(self.name, "is not subscribed to", topic_filter)
        self.account.life.unsubscribed(time, topic_filter)
        answer.set_result(True)

    async def _wait_asked(self, mid: int | None, topic_filter: str, qos: int) -> None:
        assert mid is not None
        answer = asyncio.get_running_loop().create_future()
        self._asked[mid] = topic_filter, qos, answer
        await asyncio.wait_for(answer, PATIENCE_S)

    # --- the end ------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Be connected, and wait until everything published is answered."""
        if not self._connected:
            await self.connect(Connect(False, PERFECT, None, False))
        while self.outgoing:
            await self._hear()

    async def drain(self) -> None:
        """Wait until the broker has nothing more to send: three rounds without anything (QoS 2 takes two)."""
        assert self._client
        quiet = 0
        while quiet < 3:
            before = self._got
            await self._wait_asked(self._client.unsubscribe("nothing")[1], "nothing", -1)
            quiet = quiet + 1 if self._got == before else 0

    async def forget(self) -> None:
        """Leave, and leave no session behind."""
        await self.leave()
        await self.connect(Connect(True, PERFECT, None, False))
        await self.leave()

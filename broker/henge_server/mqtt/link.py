"""Link: one connection to an outside broker, from its beginning to its end, on paho-mqtt. Whatever goes wrong on it
becomes LinkLost, once.

paho works on the event loop here: its socket is watched by the loop, and it is given no thread. Only connecting, which
it does blocking, happens in one. A link never connects again: the next connection is another link, so that no packet id
and no message of the old one is left in it.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from henge_server.mqtt.account import Account
from henge_server.mqtt.daemon import in_thread
from henge_server.mqtt.failures import LinkClosed, LinkLost, LinkRefused, not_let_in, unmade
from henge_server.mqtt.heard import Heard
from henge_server.slices import SLICE_S

KEEP_ALIVE_S = 30  # a broker that vanished without a word is noticed within a minute
CONNECT_TIMEOUT_S = 5.0  # for the TCP connection to each of the broker's addresses
ANSWER_TIMEOUT_S = 30.0  # for CONNACK, SUBACK and PUBACK; a broker that needs longer is stuck
_LOOK_S = 1.0  # between two looks at what is due

# Messages of devices that wait for the disk. Beyond this the socket is not read: the broker keeps them. A batch of the
# intake is 256.
_HELD_MOST = 1000
_HELD_FEW = 500

_KEEP_ALIVE_MISSED = "Keep alive timeout"  # as paho names it

log = structlog.get_logger("henge.mqtt.outside")


class Link:
    """`hear` is called for each message, which counts as held until its `ack`."""

    def __init__(self, account: Account, hear: Callable[[Heard], None], keep_alive_s: int = KEEP_ALIVE_S) -> None:
        self._account = account
        self._keep_alive_s = keep_alive_s
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._answered: asyncio.Future[None] = self._loop.create_future()  # CONNACK
        self._granted: dict[int, asyncio.Future[None]] = {}  # SUBSCRIBE that wait, by packet id
        self._published: dict[int, tuple[float, Callable[[], None]]] = {}  # PUBLISH that wait: since when, what then
        self._held: deque[Heard] = deque()
        self._is_connecting = False
        self._is_reading = False
        self._socket = -1  # watched by the loop
        self._progress = 0  # packets that led to a call
        self._client = self._make_client()

    def _make_client(self) -> paho.Client:
        account = self._account
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=account.client_id,
            clean_session=False,  # what devices say while the server is away is kept by the broker
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(0)  # who publishes keeps count
        try:
            password = account.password()
            context = account.context()
        except (OSError, ValueError) as error:
            raise LinkRefused(f"cannot log in to the broker: {error}") from error
        if account.user:
            client.username_pw_set(account.user, password)
        if context:
            client.tls_set_context(context)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    @property
    def alive(self) -> bool:
        """From the broker's yes to the end."""
        return self._answered.done() and not self._ended.done()

    # --- from beginning to end ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Returns when the broker has let the server in. Raises LinkLost, LinkRefused."""
        await self._connect()
        if self._client.socket() is None:
            raise LinkLost("the broker closed the connection without an answer")
        self._watch_socket()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await asyncio.wait([self._answered, self._ended], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            raise LinkLost(f"no answer to CONNECT within {ANSWER_TIMEOUT_S:.0f} s") from error
        if self._ended.done():
            self._ended.result()

    async def run(self) -> None:
        """Sees to what is due, until the connection ends. Raises LinkLost; never returns."""
        while True:
            await asyncio.wait([self._ended], timeout=_LOOK_S)
            if self._ended.done():
                self._ended.result()
            self._guarded(self._client.loop_misc)
            oldest = next(iter(self._published.values()), None)
            if oldest and time.monotonic() - oldest[0] > ANSWER_TIMEOUT_S:
                self.give_up(f"the broker did not acknowledge within {ANSWER_TIMEOUT_S:.0f} s")

    def close(self) -> None:
        """Takes leave where the connection still lives; the broker keeps the session."""
        self._end(LinkLost("the server closed the connection"))
        if self._is_connecting:
            return  # the thread that connects has paho; it drops the connection
        if self._client.socket() is not None:
            self._guarded(self._client.disconnect)
            self._guarded(self._client.loop_write)
        self._drop()

    def give_up(self, why: str) -> None:
        """Ends it without a word, so that what was not acknowledged comes again over the next one."""
        self._end(LinkLost(why))

    # --- what the server says -----------------------------------------------------------------------------------------

    async def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribes to (filter, QoS). Raises LinkLost, LinkRefused."""
        code, packet_id = self._client.subscribe(list(filters))
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or packet_id is None:
            raise LinkLost("the connection to the broker is over")
        granted = self._granted[packet_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await asyncio.wait([granted, self._ended], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            raise LinkLost(f"no answer to SUBSCRIBE within {ANSWER_TIMEOUT_S:.0f} s") from error
        finally:
            del self._granted[packet_id]
        if self._ended.done():
            self._ended.result()
        granted.result()

    def unsubscribe(self, topic_filter: str) -> None:
        self._client.unsubscribe(topic_filter)

    def publish(self, topic: str, payload: bytes, *, retain: bool, done: Callable[[], None]) -> None:
        """Publishes with QoS 1; `done` is called when the broker has it, and never where the link ends before."""
        if self._ended.done():
            return
        packet_id = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._published[packet_id] = (time.monotonic(), done)

    # --- the socket ---------------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        """paho connects, and shakes hands, blocking. Raises LinkLost. The thread holds up nobody's end."""
        account = self._account
        self._is_connecting = True
        try:
            await in_thread(lambda: self._client.connect(account.host, account.port, self._keep_alive_s), self._drop)
        except Exception as error:
            raise unmade(account.where, error) from error
        self._is_connecting = False  # whoever is cancelled before leaves paho to the thread

    def _watch_socket(self) -> None:
        client = self._client
        client.on_socket_register_write = self._want_to_write
        client.on_socket_unregister_write = self._written
        client.on_socket_close = self._unwatch
        self._socket = client.socket().fileno()  # type: ignore[union-attr]
        self._resume()
        if client.want_write():
            self._want_to_write()

    def _want_to_write(self, *_: Any) -> None:
        self._loop.add_writer(self._socket, self._write)

    def _written(self, *_: Any) -> None:
        self._loop.remove_writer(self._socket)

    def _unwatch(self, *_: Any) -> None:
        self._pause()
        self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        """Takes packets for at most a slice; a socket with more to read comes back in the next turn of the loop."""
        until = time.perf_counter() + SLICE_S
        while self._is_reading and time.perf_counter() < until:
            before = self._progress
            self._guarded(self._client.loop_read)
            if self._progress == before:
                break
        found = self._client.socket()
        if self._is_reading and isinstance(found, ssl.SSLSocket) and found.pending():
            self._loop.call_soon(self._read)  # decrypted already: the socket itself will not say so

    def _write(self) -> None:
        self._guarded(self._client.loop_write)

    def _pause(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._socket)

    def _resume(self) -> None:
        if not self._is_reading and self._client.socket() is not None:
            self._is_reading = True
            self._loop.add_reader(self._socket, self._read)
            self._loop.call_soon(self._read)

    def _guarded(self, step: Callable[[], Any]) -> None:
        """paho does not guard itself against a fault in what it calls, or against every packet."""
        try:
            step()
        except Exception as error:
            log.exception("fault in the connection to the broker")
            self._end(LinkLost(f"fault: {error}"))

    def _end(self, why: LinkLost) -> None:
        if self._ended.done():
            return
        self._ended.set_exception(why)
        self._ended.exception()  # it may be that nobody asks
        self._held.clear()
        self._published.clear()
        if self._is_reading:
            self._pause()

    def _drop(self) -> None:
        found = self._client.socket()
        if found is not None:
            if self._socket >= 0:
                self._unwatch()
            found.close()

    # --- what paho calls ----------------------------------------------------------------------------------------------

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._progress += 1
        if code.is_failure:
            self._end(not_let_in(code.value, str(code), self._account.user))
        elif not self._answered.done():
            self._answered.set_result(None)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._progress += 1
        if code == _KEEP_ALIVE_MISSED:
            self._end(LinkLost(f"no sign of life from the broker for {self._keep_alive_s} s"))
        elif self._answered.done():
            self._end(LinkClosed("the broker closed the connection"))
        else:
            hint = "" if self._account.tls else "; does it want TLS (mqtts://)?"
            self._end(LinkLost(f"the broker closed the connection without an answer{hint}"))

    def _on_subscribe(self, _client: Any, _data: Any, packet_id: int, codes: list[Any], _properties: Any) -> None:
        self._progress += 1
        granted = self._granted.get(packet_id)
        if granted is None or granted.done():
            return
        if any(code.is_failure for code in codes):
            granted.set_exception(LinkRefused("the broker does not let this user read what devices say"))
        else:
            granted.set_result(None)

    def _on_publish(self, _client: Any, _data: Any, packet_id: int, *_: Any) -> None:
        self._progress += 1
        found = self._published.pop(packet_id, None)
        if found:
            found[1]()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._progress += 1
        if self._ended.done():
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # no device's; counted with those
        heard = Heard(topic, bytes(message.payload), message.retain, message.mid if message.qos else 0, self._settle)
        self._held.append(heard)
        if len(self._held) >= _HELD_MOST:
            self._pause()
        self._hear(heard)

    def _settle(self) -> None:
        """Acknowledges from the front on, in the order in which messages came (MQTT 3.1.1, 4.6.0-2)."""
        while self._held and self._held[0].acked:
            heard = self._held.popleft()
            if heard.packet_id:
                self._client.ack(heard.packet_id, 1)
        if len(self._held) <= _HELD_FEW and self.alive:
            self._resume()

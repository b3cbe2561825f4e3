"""CONNECT (MQTT 3.1.1 sections 3.1 and 3.2): who it is, whether it may, takeover of its client id, its session.

Whatever goes wrong here closes one connection; a client that was there keeps its place until the newcomer has proven
who it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from henge_mqtt import codec, hooks, reasons
from henge_mqtt.errors import Malformed, UnknownVersion
from henge_mqtt.message import Message

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection

REFUSALS = {
    hooks.BAD_VERSION: reasons.BAD_VERSION,
    hooks.BAD_CLIENT_ID: reasons.BAD_CLIENT_ID,
    hooks.UNAVAILABLE: reasons.UNAVAILABLE,
    hooks.BAD_CREDENTIALS: reasons.BAD_CREDENTIALS,
    hooks.NOT_AUTHORIZED: reasons.NOT_AUTHORIZED,
}


def on_connect(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """The first packet of a connection."""
    try:
        request = codec.parse_connect(data, start, end)
    except UnknownVersion as problem:  # the answer that makes MQTT 5 clients fall back (3.1.2-2)
        _refuse(connection, hooks.Refusal(hooks.BAD_VERSION, str(problem)))
        return
    broker = connection.broker
    connection.id = request.client_id or broker.make_id()
    connection.username = request.username
    connection.clean_session = request.clean_session
    connection.keep_alive = request.keep_alive
    if request.will is not None:
        broker.topics.name(request.will.topic)
    if not _id_fits(request, broker.limits.client_id_length):
        if request.client_id:
            broker.stats.reached["client_id_length"] += 1
        why = "longer than the limit" if request.client_id else "empty, and the session is to be kept"
        _refuse(connection, hooks.Refusal(hooks.BAD_CLIENT_ID, why))
        return
    code = broker.hooks.authenticate(connection, request.password)
    if isinstance(code, int):
        _decide(connection, request, code)
    else:
        connection.await_login()
        broker.start(_decide_later(connection, request, code), f"login {connection.id}")


def on_second_connect(connection: Connection, first: int, data: bytes, start: int, end: int) -> None:
    """A connection has one CONNECT (3.1.0-2)."""
    raise Malformed("a second CONNECT")


def _id_fits(request: codec.Connect, longest: int) -> bool:
    """Only a clean session may leave its client id to the broker (3.1.3-8)."""
    if not request.client_id:
        return request.clean_session
    return len(request.client_id.encode()) <= longest


async def _decide_later(connection: Connection, request: codec.Connect, code: Awaitable[int]) -> None:
    """Wait for the application's word on a login. The connect timeout goes on meanwhile and ends the wait too."""
    try:
        _decide(connection, request, await code)
        connection.read_on()
    except asyncio.CancelledError:
        connection.close(reasons.HOOK_FAILED)
        raise
    except Exception:
        connection.fail("authenticate")


def _decide(connection: Connection, request: codec.Connect, code: int) -> None:
    """Let it in or refuse it; it may be gone by now."""
    if code == hooks.ACCEPTED and request.will is not None and not _will_allowed(connection, request.will):
        code = hooks.Refusal(hooks.NOT_AUTHORIZED, f"it must not have a will on {request.will.topic.decode()!r}")
    if connection.closed:
        return
    if code == hooks.ACCEPTED:
        _accept(connection, request)
    else:
        _refuse(connection, code)


def _will_allowed(connection: Connection, will: codec.Will) -> bool:
    broker = connection.broker
    topic = broker.topics.name(will.topic)
    if broker.hooks.may_publish(connection, topic):
        connection.will = Message(topic, will.payload, will.qos, will.retain)
        return True
    broker.stats.refused_publishes += 1
    return False


def _refuse(connection: Connection, code: int) -> None:
    """A code of the application's own is not sent (3.2.2-6)."""
    broker = connection.broker
    broker.stats.refused_logins += 1
    if code in (hooks.BAD_CREDENTIALS, hooks.NOT_AUTHORIZED):
        broker.gate.login_failed(connection.host, broker.wheel.now)
    connection.will = None
    if code in REFUSALS:
        connection.send(codec.connack(False, code))
    why = code.why if isinstance(code, hooks.Refusal) else ""
    connection.refuse(REFUSALS.get(code, f"code {code}"), why)


def _accept(connection: Connection, request: codec.Connect) -> None:
    """Takeover, session, CONNACK, what the session has waiting, presence: in this order."""
    broker = connection.broker
    old = broker.connected.get(connection.id)
    if old is not None:
        broker.stats.takeovers += 1
        old.close(reasons.TAKEN_OVER)
    session, present = broker.sessions.open(connection.id, request.clean_session)
    connection.enter(session)
    broker.stats.connects += 1
    broker.journal.connected(connection)
    connection.send(codec.connack(present, hooks.ACCEPTED))
    broker.connected[connection.id] = connection
    if present:
        session.resume()
    broker.hooks.on_presence(connection, True, reasons.CONNECTED)

"""What hypothesis sends to the broker: packets, packets with something wrong in them, and bytes of no meaning; and a
transport that is no socket, for when it matters how a stream is cut into pieces. Nothing here runs by itself.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Iterator
from typing import Any

from henge_mqtt import Broker
from henge_mqtt.connection import Connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.broker import wire
from tests.broker.malformed import AFTER_CONNECT, BEFORE_CONNECT, LEGAL

QUICK = settings(
    max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
"""The same examples every time, in seconds."""

LONG = settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other examples every time, in minutes; a failure is printed with what repeats it."""

TOPICS = st.sampled_from(["a", "a/b", "b//c", "$x/y", "\ufeff"])
FILTERS = st.sampled_from(["a", "a/+", "a/#", "#", "+/b", "b//c", "$x/#"])
IDS = st.sampled_from([1, 2, 3, 65535])
QOS = st.integers(0, 2)
WILLS = st.none() | st.tuples(TOPICS, st.binary(max_size=3), QOS, st.booleans())
CLIENT_IDS = st.sampled_from(["x", "y", ""])

CONNECTS = st.builds(
    wire.connect, CLIENT_IDS, clean=st.booleans(), keep_alive=st.sampled_from([0, 1, 65535]), will=WILLS
)
PUBLISHES = st.builds(
    lambda topic, payload, qos, retain, dup, packet_id: wire.publish(
        topic, payload, qos=qos, retain=retain, dup=dup and qos > 0, packet_id=packet_id
    ),
    *(TOPICS, st.binary(max_size=200), QOS, st.booleans(), st.booleans(), IDS),
)
PACKETS = st.one_of(
    PUBLISHES,
    PUBLISHES,
    st.builds(
        lambda filters, packet_id: wire.subscribe(*filters, packet_id=packet_id),
        *(st.lists(st.tuples(FILTERS, QOS), min_size=1, max_size=3), IDS),
    ),
    st.builds(
        lambda filters, packet_id: wire.unsubscribe(*filters, packet_id=packet_id),
        *(st.lists(FILTERS, min_size=1, max_size=3), IDS),
    ),
    st.builds(
        lambda make, packet_id: make(packet_id),
        *(st.sampled_from([wire.puback, wire.pubrec, wire.pubrel, wire.pubcomp]), IDS),
    ),
    st.sampled_from([wire.PINGREQ, wire.PINGREQ, wire.DISCONNECT]),
    st.sampled_from([case.sent for case in LEGAL]),
)


@st.composite
def mutated(draw: Any, packets: st.SearchStrategy[bytes]) -> bytes:
    """One of `packets` with a few bytes set, inserted or left out."""
    raw = bytearray(draw(packets))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        stop = start + draw(st.integers(0, 2))
        raw[start:stop] = draw(st.binary(max_size=2))
    return bytes(raw)


SMALL = [case.sent for case in [*BEFORE_CONNECT, *AFTER_CONNECT] if len(case.sent) < 2000]
ANYTHING = st.one_of(
    PACKETS, PACKETS, PACKETS, mutated(PACKETS | CONNECTS), st.sampled_from(SMALL), CONNECTS, st.binary(max_size=40)
)
STREAMS = st.tuples(CONNECTS | ANYTHING, st.lists(ANYTHING, max_size=8)).map(lambda parts: [parts[0], *parts[1]])
"""What one client sends: most often a CONNECT, then what it likes."""


def garbage(count: int, seed: int) -> Iterator[list[bytes]]:
    """`count` streams as above for when all of them are wanted at once: a CONNECT, then what comes to mind."""
    rng = random.Random(seed)
    pieces = [case.sent for case in LEGAL] * 5 + SMALL
    for qos, retain, packet_id in itertools.product(range(3), (False, True), range(1, 20)):
        pieces.append(wire.publish("a/b", bytes(packet_id), qos=qos, retain=retain, packet_id=packet_id))
        pieces.append(wire.subscribe((f"a/{packet_id}", qos), ("a/+", qos), packet_id=packet_id))
    for _ in range(count):
        yield [wire.connect(rng.choice("xyz"), clean=rng.random() < 0.5), *rng.choices(pieces, k=rng.randrange(6))]


class Tape(asyncio.Transport):
    """Keeps what is written. Closes when it is told to, at once."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """It never says that it is full."""

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """The broker keeps by itself what comes all the same."""

    resume_reading = pause_reading


async def play(broker: Broker, pieces: list[bytes]) -> Tape:
    """One client of `broker` that sends `pieces` and vanishes."""
    tape, connection = Tape(), Connection(broker)
    connection.connection_made(tape)
    for piece in pieces:
        if not tape.closed:
            connection.data_received(piece)
        await asyncio.sleep(0)  # the outbox writes
    connection.connection_lost(None)
    return tape


def left_over(broker: Broker) -> dict[str, int]:
    """How many of everything that belongs to a client are there; read off its tables."""
    return {
        "connections": len(broker._sockets) + len(broker.connected) + broker.stats.connections,
        "sessions": len(broker.sessions._sessions) + len(broker.sessions._away) + broker.stats.sessions,
        "subscriptions": broker.stats.subscriptions
        + len(broker.subscriptions._exact)
        + len(broker.subscriptions._wild.deeper)
        + len(broker.subscriptions._wild.receivers),
        "deadlines": sum(map(len, broker.wheel._slots.values())),
        "kept bytes": abs(broker.stats.session_bytes) + abs(broker.stats.buffered_bytes),
        "writers": len(broker.outbox._waiting),
        "tasks": len(broker._tasks),
        "hook failures": broker.stats.hook_failures,
    }

"""Any bytes at all: no crash, nobody stuck, nothing left over, nobody else harmed; closed wherever mosquitto closes.

Each has a short run of the same examples every time, and a long one (`./dev test --all`) of others every time.
"""

import asyncio
import gc
import itertools
import logging
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from henge_mqtt import Broker, Limits, codec
from henge_mqtt.errors import Malformed
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.broker import wire, yardstick
from tests.broker.conftest import Recorder
from tests.broker.fuzz import ANYTHING, CONNECTS, LONG, PACKETS, QUICK, STREAMS, garbage, left_over, mutated, play
from tests.broker.wire import Wire

SIZE = 900
"""Of a packet. Small, so that a broker that waits for the rest of one soon has it."""

LIMITS = Limits(packet_size=SIZE, connect_size=SIZE, inflight=5, queue_messages=10, retained_messages=10)


async def riot(streams: list[list[bytes]]) -> None:
    """A client for each of `streams`, sending in turns, beside one that behaves."""
    hooks = Recorder()
    broker = Broker(hooks, LIMITS)
    port = (await broker.listen("127.0.0.1", 0)).port
    bystander = await Wire.open(port)
    await bystander.ask(wire.connect("bystander"))
    await bystander.ask(wire.subscribe(("by/+", 1)))
    culprits = [await Wire.open(port) for _ in streams]
    for number, turn in enumerate(itertools.zip_longest(*streams, fillvalue=b"")):
        for culprit, piece in zip(culprits, turn, strict=True):
            culprit.send(piece)
        bystander.send(wire.publish(f"by/{number}", b"%d" % number))
        assert [packet.payload for packet in await bystander.until_pong()] == [b"%d" % number]
    for culprit in culprits:
        await culprit.still_answers(SIZE)  # or is closed; TimeoutError when it is neither
    assert await bystander.until_pong() == []
    await everyone_leaves(port, {client_id for client_id, _, _ in hooks.presence}, [*culprits, bystander])
    await broker.close()
    assert {what: count for what, count in left_over(broker).items() if count} == {}
    assert broker.stats.connects == broker.stats.disconnects == len(hooks.presence) // 2


async def everyone_leaves(port: int, client_ids: set[str], clients: list[Wire]) -> None:
    """The connections vanish; then whoever has left a session comes once more to end it."""
    for client in clients:
        await client.close()
    for client_id in client_ids:
        client = await Wire.open(port)
        await client.ask(wire.connect(client_id))
        client.send(wire.DISCONNECT)
        await client.until_closed()
        await client.close()


RIOTS = st.lists(STREAMS, min_size=1, max_size=3)


@QUICK
@given(RIOTS)
async def test_riot_leaves_nothing_behind_and_harms_nobody(streams: list[list[bytes]]):
    await riot(streams)


@pytest.mark.slow
@LONG
@given(RIOTS)
async def test_long_riot_leaves_nothing_behind_and_harms_nobody(streams: list[list[bytes]]):
    await riot(streams)


async def test_memory_is_where_it_was_when_the_same_garbage_has_come_again(caplog):
    caplog.set_level(logging.CRITICAL, "henge_mqtt")  # pytest keeps every line
    broker, taken = Broker(limits=Limits(connect_rate=100_000, address_connect_rate=100_000)), []
    streams = list(garbage(500, seed=1))
    tracemalloc.start()
    for _ in range(3):
        for stream in streams:
            await play(broker, stream)
        gc.collect()
        taken.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert broker.stats.refused_connections == 0
    assert taken[2] - taken[1] < len(streams)  # a byte for each would be a leak


async def played(pieces: list[bytes]) -> tuple[bytes, bool, int]:
    """What a new broker answers to `pieces`, whether it closes, and how many connections it has found malformed."""
    broker = Broker(make_id=lambda: "made")
    tape = await play(broker, pieces)
    return bytes(tape.written), tape.closed, broker.stats.malformed


async def cut_alike(stream: list[bytes], cuts: list[int]) -> None:
    """The answers to a stream as a whole, packet by packet, and cut anywhere."""
    data = b"".join(stream)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(edges) if start < end]
    whole = await played([data])
    assert await played(stream) == whole
    assert await played(pieces) == whole


CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@QUICK
@given(STREAMS, CUTS)
async def test_answers_are_the_same_wherever_the_stream_is_cut(stream: list[bytes], cuts: list[int]):
    await cut_alike(stream, cuts)


@pytest.mark.slow
@LONG
@given(STREAMS, CUTS)
async def test_answers_are_the_same_wherever_a_long_stream_is_cut(stream: list[bytes], cuts: list[int]):
    await cut_alike(stream, cuts)


async def survives(port: int, before: list[bytes], sent: bytes) -> bool:
    """Whether a broker still answers after `before`, each answered, and `sent`."""
    client = await Wire.open(port)
    try:
        for packet in before:
            await client.ask(packet)
        client.send(sent)
        return await client.still_answers(SIZE)
    finally:
        await client.close()


def thrice(sent: bytes) -> bool:
    """Whether an id comes three times with QoS 2: mosquitto closes then, the standard wants a PUBREC (4.3.3-2)."""
    ids: Counter[bytes] = Counter()
    try:
        for first, start, end in codec.frames(sent, SIZE):
            if first & 0xF6 == codec.PUBLISH_QOS2:
                ids[codec.parse_publish(first, sent, start, end)[1]] += 1
    except Malformed:
        pass
    return any(count > 2 for count in ids.values())


async def as_strict(mosquitto_port: int, before: list[bytes], sent: bytes) -> None:
    """Where mosquitto closes, so do we."""
    assume(not thrice(sent))
    broker = Broker(limits=LIMITS)
    ours = await survives((await broker.listen("127.0.0.1", 0)).port, before, sent)
    await broker.close()
    await forget_retained(mosquitto_port)
    assert not ours or await survives(mosquitto_port, before, sent)


async def forget_retained(port: int) -> None:
    """Have a broker that has seen more as empty as a new one."""
    client = await Wire.open(port)
    await client.ask(wire.connect("cleaner"))
    client.send(wire.subscribe(("#", 0), ("$x/#", 0), ("$other/#", 0)))
    for packet in await client.until_pong():
        if packet.first == 0x31:
            client.send(wire.publish(packet.topic, retain=True))
    await client.until_pong()
    await client.close()


@pytest.fixture(scope="session")
def strict_mosquitto(mosquitto: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a mosquitto that takes packets of little more than SIZE."""
    with yardstick.mosquitto(mosquitto, tmp_path_factory.mktemp("mosquitto"), packet_size=SIZE + 20) as port:
        yield port


WRONG = st.one_of(
    st.tuples(st.just([]), mutated(CONNECTS)),
    st.tuples(st.just([wire.connect()]), mutated(PACKETS)),
    st.tuples(st.just([wire.connect()]), mutated(PACKETS)),
    st.tuples(st.just([wire.connect(), wire.subscribe(("#", 2))]), st.lists(ANYTHING, max_size=3).map(b"".join)),
)


@QUICK
@given(WRONG)
def test_closed_wherever_mosquitto_closes(strict_mosquitto: int, wrong: tuple[list[bytes], bytes]):
    asyncio.run(as_strict(strict_mosquitto, *wrong))


@pytest.mark.slow
@LONG
@given(WRONG)
def test_closed_wherever_mosquitto_closes_in_a_long_run(strict_mosquitto: int, wrong: tuple[list[bytes], bytes]):
    asyncio.run(as_strict(strict_mosquitto, *wrong))

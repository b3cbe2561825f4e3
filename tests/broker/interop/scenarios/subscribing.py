"""Subscribing: what is granted, what matches, what is kept for later."""

from __future__ import annotations

from tests.broker.interop.features import Features
from tests.broker.interop.neutral import is_retained, qos_of
from tests.broker.interop.scenarios.publishing import LARGE, TOPIC
from tests.broker.interop.stage import Stage
from tests.broker.interop.tap import PUBLISH
from tests.broker.interop.visitor import Got

SUBSCRIBING = Features("Subscribing")


async def _subscribe(stage: Stage, granted: int) -> None:
    """Each message comes with the lower of its QoS and the granted one."""
    async with stage.visit(subscribe=(("a", granted),)) as guest:
        for qos in range(3):
            await stage.publish("a", b"%d" % qos, qos)
            assert await guest.read() == Got("a", b"%d" % qos)
        came = stage.tap.line.gets(PUBLISH)
        assert [qos_of(publish) for publish in came] == [min(qos, granted) for qos in range(3)]


@SUBSCRIBING.feature("subscribe with QoS 0: all come with 0")
async def subscribe_qos_0(stage: Stage) -> None:
    await _subscribe(stage, 0)


@SUBSCRIBING.feature("subscribe with QoS 1: 2 comes with 1")
async def subscribe_qos_1(stage: Stage) -> None:
    await _subscribe(stage, 1)


@SUBSCRIBING.feature("subscribe with QoS 2: each comes as it was sent")
async def subscribe_qos_2(stage: Stage) -> None:
    await _subscribe(stage, 2)


async def _match(stage: Stage, topic_filter: str, right: list[str], wrong: list[str]) -> None:
    async with stage.visit(subscribe=((topic_filter, 1),)) as guest:
        for topic in wrong + right:
            await stage.publish(topic, b"x")
        assert [await guest.read() for _ in right] == [Got(topic, b"x") for topic in right]


@SUBSCRIBING.feature("wildcard +")
async def plus(stage: Stage) -> None:
    await _match(stage, "home/+/lamp", ["home/a/lamp", "home//lamp"], ["home/lamp", "home/a/b/lamp"])


@SUBSCRIBING.feature("wildcard #")
async def hash_sign(stage: Stage) -> None:
    await _match(stage, "home/#", ["home", "home/a", "home/a/b"], ["homes", "other/home"])


@SUBSCRIBING.feature("$SYS/#", quick=False)
async def sys_topics(stage: Stage) -> None:
    async with stage.visit(subscribe=(("$SYS/#", 0),)) as guest:
        wanted = {"$SYS/broker/version", "$SYS/broker/uptime", "$SYS/broker/clients/connected"}
        while wanted:
            wanted.discard((await guest.read()).topic)


@SUBSCRIBING.feature("overlapping subscriptions: one copy")
async def overlapping(stage: Stage) -> None:
    async with stage.visit(subscribe=(("a/#", 1), ("a/+", 1))) as guest:
        await stage.publish("a/b", b"1")
        await stage.publish("a/b", b"2")
        assert [await guest.read() for _ in range(2)] == [Got("a/b", b"1"), Got("a/b", b"2")]


@SUBSCRIBING.feature("unsubscribe")
async def unsubscribe(stage: Stage) -> None:
    async with stage.visit(clean=False, subscribe=(("a", 1),)):
        pass
    await stage.until_gone(stage.tap.line)
    async with stage.visit(clean=False, unsubscribe="a", subscribe=(("b", 1),)) as guest:
        await stage.publish("a", b"1")
        await stage.publish("b", b"2")
        assert await guest.read() == Got("b", b"2")


@SUBSCRIBING.feature("retained message: at once, and marked")
async def retained(stage: Stage) -> None:
    await stage.publish("kept", b"1", retain=True)
    async with stage.visit(subscribe=(("kept", 1),)) as guest:
        assert await guest.read() == Got("kept", b"1")
        await stage.publish("kept", b"2", retain=True)
        assert await guest.read() == Got("kept", b"2")
        assert [is_retained(publish) for publish in stage.tap.line.gets(PUBLISH)] == [True, False]


@SUBSCRIBING.feature("messages that came while it was away")
async def queued(stage: Stage) -> None:
    async with stage.visit(clean=False, subscribe=(("a", 2),)):
        pass
    await stage.until_gone(stage.tap.line)
    for number in range(4):
        await stage.publish("a", b"%d" % number, qos=1 + number % 2)
    async with stage.visit(clean=False, subscribe=(("a", 2),)) as guest:
        assert sorted([(await guest.read()).payload for _ in range(4)]) == [b"0", b"1", b"2", b"3"]
        assert [publish.payload for publish in stage.tap.line.gets(PUBLISH)] == [b"0", b"1", b"2", b"3"]


@SUBSCRIBING.feature("get 200 KiB")
async def large(stage: Stage) -> None:
    async with stage.visit(subscribe=(("a", 1),)) as guest:
        await stage.publish("a", LARGE)
        assert await guest.read() == Got("a", LARGE)


@SUBSCRIBING.feature("get from a topic in UTF-8")
async def utf_8(stage: Stage) -> None:
    async with stage.visit(subscribe=(("küche/+/🌡", 1),)) as guest:
        await stage.publish(TOPIC, "21 °C".encode())
        assert await guest.read() == Got(TOPIC, "21 °C".encode())

"""Publishing: the three qualities of service, retained messages, size and names."""

from __future__ import annotations

from tests.broker.interop.features import Features
from tests.broker.interop.neutral import is_retained, qos_of
from tests.broker.interop.stage import Stage, rest
from tests.broker.interop.tap import PUBACK, PUBCOMP

PUBLISHING = Features("Publishing")

LARGE = bytes(range(32, 127)) * 2156  # 200 KiB of text
TOPIC = "küche/温度/🌡"


async def _publish(stage: Stage, qos: int, topic: str = "a", payload: bytes = b"x") -> None:
    watcher = await stage.watch((topic, 2))
    async with stage.visit() as guest:
        await guest.publish(topic, payload, qos)
    got = await watcher.read()
    assert (got.topic, got.payload, qos_of(got)) == (topic, payload, qos)


@PUBLISHING.feature("publish with QoS 0")
async def publish_qos_0(stage: Stage) -> None:
    await _publish(stage, 0)


@PUBLISHING.feature("publish with QoS 1")
async def publish_qos_1(stage: Stage) -> None:
    await _publish(stage, 1)
    assert len(stage.tap.line.gets(PUBACK)) == 1


@PUBLISHING.feature("publish with QoS 2")
async def publish_qos_2(stage: Stage) -> None:
    await _publish(stage, 2)
    assert len(stage.tap.line.gets(PUBCOMP)) == 1


@PUBLISHING.feature("publish 200 KiB")
async def publish_large(stage: Stage) -> None:
    await _publish(stage, 1, payload=LARGE)


@PUBLISHING.feature("publish to a topic in UTF-8")
async def publish_utf_8(stage: Stage) -> None:
    await _publish(stage, 1, topic=TOPIC, payload="21 °C".encode())


@PUBLISHING.feature("set and replace a retained message")
async def retained(stage: Stage) -> None:
    async with stage.visit() as guest:
        await guest.publish("kept", b"1", retain=True)
        await guest.publish("kept", b"2", retain=True)
    got = await (await stage.watch(("kept", 1))).read()
    assert (got.payload, is_retained(got)) == (b"2", True)


@PUBLISHING.feature("clear a retained message")
async def retained_cleared(stage: Stage) -> None:
    async with stage.visit() as guest:
        await guest.publish("kept", b"1", retain=True)
        await guest.publish("kept", b"", retain=True)
    watcher = await stage.watch(("kept", 1))
    assert await rest(watcher, stage, "kept") == []

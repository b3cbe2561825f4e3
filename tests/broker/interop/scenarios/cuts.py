"""The line is cut amid a delivery, at each packet where it matters, and the client returns to its session."""

from __future__ import annotations

import asyncio
import contextlib

from tests.broker.interop.features import Features
from tests.broker.interop.neutral import is_duplicate
from tests.broker.interop.stage import Stage, rest
from tests.broker.interop.tap import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, Line
from tests.broker.interop.visitor import Got, Lost, Visitor

CUTS = Features("Cut amid a delivery")


async def _back(stage: Stage, guest: Visitor, first: Line) -> Line:
    """The client's next connection after `first`, which is being cut, to the same session."""
    await stage.until_gone(first)
    await guest.come_back()
    line = await stage.tap.until_line(stage.tap.lines.index(first) + 2)
    assert line.session_present
    return line


@CUTS.feature("QoS 1 to the client: again, with DUP", quick=False)
async def redelivery(stage: Stage) -> None:
    async with stage.visit(clean=False, returns=True, subscribe=(("a", 1),)) as guest:
        stage.tap.cut_at(True, PUBACK)
        await stage.publish("a", b"x")
        line = await _back(stage, guest, stage.tap.line)
        await stage.tap.until(lambda: line.sends(PUBACK))
        assert [is_duplicate(publish) for publish in line.gets(PUBLISH)] == [True]
        assert await guest.read() == Got("a", b"x")


async def _get_once(stage: Stage, lost: int, again: int) -> None:
    """The client's packet `lost` is lost, so the broker sends one of the type `again` again."""
    async with stage.visit(clean=False, returns=True, subscribe=(("a", 2),)) as guest:
        stage.tap.cut_at(True, lost)
        await stage.publish("a", b"1", qos=2)
        line = await _back(stage, guest, stage.tap.line)
        await stage.tap.until(lambda: line.sends(PUBCOMP))
        assert line.gets(again)
        await stage.publish("a", b"2", qos=2)
        assert [await guest.read() for _ in range(2)] == [Got("a", b"1"), Got("a", b"2")]


@CUTS.feature("QoS 2 to the client, PUBREC lost: once", quick=False)
async def get_pubrec_lost(stage: Stage) -> None:
    await _get_once(stage, PUBREC, PUBLISH)


@CUTS.feature("QoS 2 to the client, PUBCOMP lost: once", quick=False)
async def get_pubcomp_lost(stage: Stage) -> None:
    await _get_once(stage, PUBCOMP, PUBREL)


async def _publish(stage: Stage, qos: int, lost: int, again: int) -> list[bytes]:
    """The broker's packet `lost` is lost, so the client sends one of the type `again` again: what comes of it."""
    watcher = await stage.watch(("a", 2))
    async with stage.visit(clean=False, returns=True) as guest:
        stage.tap.cut_at(False, lost)
        publishing = asyncio.create_task(guest.publish("a", b"x", qos), name="publishing")
        try:
            await stage.tap.until(lambda: stage.tap.lines)
            line = await _back(stage, guest, stage.tap.lines[0])
            await stage.tap.until(lambda: line.gets(PUBCOMP if qos == 2 else PUBACK))
            assert line.sends(again)
            with contextlib.suppress(Lost):
                await publishing
        finally:
            publishing.cancel()
    return [message.payload for message in await rest(watcher, stage, "a")]


@CUTS.feature("QoS 1 from the client, PUBACK lost: at least once", quick=False)
async def publish_puback_lost(stage: Stage) -> None:
    assert set(await _publish(stage, 1, PUBACK, PUBLISH)) == {b"x"}


@CUTS.feature("QoS 2 from the client, PUBREC lost: once", quick=False)
async def publish_pubrec_lost(stage: Stage) -> None:
    assert await _publish(stage, 2, PUBREC, PUBLISH) == [b"x"]


@CUTS.feature("QoS 2 from the client, PUBCOMP lost: once", quick=False)
async def publish_pubcomp_lost(stage: Stage) -> None:
    assert await _publish(stage, 2, PUBCOMP, PUBREL) == [b"x"]

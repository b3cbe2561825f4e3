"""Wills: published when the line is cut, not when the client takes its leave."""

from __future__ import annotations

from tests.broker.interop.features import Features
from tests.broker.interop.neutral import is_retained, qos_of
from tests.broker.interop.stage import Stage, rest
from tests.broker.interop.visitor import Will

WILLS = Features("Wills")


async def _will(stage: Stage, qos: int, retain: bool = False) -> None:
    watcher = await stage.watch(("status", 2))
    async with stage.visit(subscribe=(("a", 1),), will=Will("status", b"gone", qos, retain)):
        stage.tap.cut()
        will = await watcher.read()
        assert (will.topic, will.payload, qos_of(will), is_retained(will)) == ("status", b"gone", qos, False)


@WILLS.feature("will with QoS 0")
async def will_qos_0(stage: Stage) -> None:
    await _will(stage, 0)


@WILLS.feature("will with QoS 1")
async def will_qos_1(stage: Stage) -> None:
    await _will(stage, 1)


@WILLS.feature("will with QoS 2")
async def will_qos_2(stage: Stage) -> None:
    await _will(stage, 2)


@WILLS.feature("will that is retained")
async def will_retained(stage: Stage) -> None:
    await _will(stage, 1, retain=True)
    late = await stage.watch(("status", 1))
    will = await late.read()
    assert (will.payload, is_retained(will)) == (b"gone", True)


@WILLS.feature("no will after DISCONNECT")
async def no_will(stage: Stage) -> None:
    watcher = await stage.watch(("status", 1))
    async with stage.visit(subscribe=(("a", 1),), will=Will("status", b"gone", 1, False)):
        pass
    await stage.until_gone(stage.tap.line)
    assert await rest(watcher, stage, "status") == []

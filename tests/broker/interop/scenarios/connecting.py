"""Connecting: sessions, logins, client ids, keep-alive, takeover, and what becomes of an attempt with MQTT 5."""

from __future__ import annotations

import re

import pytest

from tests.broker.interop.features import Features
from tests.broker.interop.stage import Stage, rest
from tests.broker.interop.tap import CONNECT, PINGREQ, PINGRESP
from tests.broker.interop.visitor import Got, Refused, Will

CONNECTING = Features("Connecting")


@CONNECTING.feature("clean session: the broker keeps nothing")
async def clean_session(stage: Stage) -> None:
    async with stage.visit(subscribe=(("a", 1),)):
        pass
    await stage.until_gone(stage.tap.line)
    async with stage.visit(subscribe=(("b", 1),)) as guest:
        assert not stage.tap.line.session_present
        await stage.publish("a", b"not subscribed to any more")
        await stage.publish("b", b"x")
        assert await guest.read() == Got("b", b"x")


@CONNECTING.feature("persistent session: session present on return")
async def persistent_session(stage: Stage) -> None:
    async with stage.visit(clean=False, subscribe=(("a", 1),)):
        assert not stage.tap.line.session_present
    await stage.until_gone(stage.tap.line)
    async with stage.visit(clean=False, subscribe=(("a", 1),)) as guest:
        assert stage.tap.line.session_present
        await stage.publish("a", b"x")
        assert await guest.read() == Got("a", b"x")


@CONNECTING.feature("user name and password")
async def password(stage: Stage) -> None:
    watcher = await stage.watch(("a", 1))
    async with stage.visit(password="right") as guest:
        await guest.publish("a", b"x")
    assert (await watcher.read()).payload == b"x"


@CONNECTING.feature("wrong password: the client says so")
async def wrong_password(stage: Stage) -> None:
    watcher = await stage.watch(("a", 1))
    with pytest.raises(Refused) as refused:
        async with stage.visit(password="wrong") as guest:
            await guest.publish("a", b"x")
    assert re.search(r"password|authori[sz]ed|code [45]\b", str(refused.value), re.IGNORECASE), refused.value
    assert await rest(watcher, stage, "a") == []


@CONNECTING.feature("empty client id")
async def empty_client_id(stage: Stage) -> None:
    async with stage.visit(client_id="", subscribe=(("a", 1),)) as guest:
        assert stage.tap.line.sends(CONNECT)[0].body[10:12] == b"\x00\x00"
        await stage.publish("a", b"x")
        assert await guest.read() == Got("a", b"x")


@CONNECTING.feature("keep-alive: pings keep it connected", quick=False)
async def keep_alive(stage: Stage) -> None:
    async with stage.visit(keep_alive=stage.foreign.least_keep_alive, subscribe=(("a", 1),)) as guest:
        line = stage.tap.line
        await stage.tap.until(lambda: len(line.sends(PINGREQ)) >= 2 and len(line.gets(PINGRESP)) >= 2)
        await stage.publish("a", b"x")
        assert await guest.read() == Got("a", b"x")
        assert stage.tap.lines == [line]


@CONNECTING.feature("keep-alive: one that falls silent is cut off", quick=False)
async def silence(stage: Stage) -> None:
    watcher = await stage.watch(("status", 1))
    will = Will("status", b"gone", 1, False)
    async with stage.visit(keep_alive=stage.foreign.least_keep_alive, will=will, subscribe=(("a", 1),)):
        line = stage.tap.line
        line.silent = True
        assert (await watcher.read()).payload == b"gone"
        await stage.until_gone(line)
        assert line.ended_by_broker


@CONNECTING.feature("takeover: a second one with the same client id")
async def takeover(stage: Stage) -> None:
    async with stage.visit(subscribe=(("a", 1),)):
        first = stage.tap.line
        async with stage.visit(subscribe=(("a", 1),)):
            await stage.until_gone(first)
            assert first.ended_by_broker


async def _attempt(stage: Stage, version: int) -> str | None:
    """What becomes of a client that wants to speak another version than 3.1.1."""
    watcher = await stage.watch(("a", 1))
    try:
        async with stage.visit(version=version) as guest:
            await guest.publish("a", b"x")
    except Refused as refusal:
        assert await rest(watcher, stage, "a") == []
        says_why = re.search(r"protocol version", str(refusal), re.IGNORECASE)
        return "refused, says why" if says_why else "refused, without saying why"
    assert (await watcher.read()).payload == b"x"
    (accepted,) = (line for line in stage.tap.lines if line.accepted)
    connect = accepted.sends(CONNECT)[0].body
    spoken = connect[2 + connect[1]]  # after the protocol's name
    return None if spoken == version else {4: "falls back to 3.1.1"}[spoken]


@CONNECTING.feature("attempt with MQTT 3.1")
async def mqtt_3_1(stage: Stage) -> str | None:
    return await _attempt(stage, 3)


@CONNECTING.feature("attempt with MQTT 5")
async def mqtt_5(stage: Stage) -> str | None:
    return await _attempt(stage, 5)

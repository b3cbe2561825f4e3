"""Malformed input closes the connection, says why in the log, and harms nobody; mosquitto does with it what we do."""

import asyncio
import logging

import pytest

from tests.broker import wire
from tests.broker.conftest import House
from tests.broker.malformed import AFTER_CONNECT, BEFORE_CONNECT, LEGAL, Case
from tests.broker.wire import Wire


def each(cases: list[Case], *more: object):
    """A parameter that is each of `cases`."""
    return [pytest.param(case, *more, id=case.name) for case in cases]


async def survives(port: int, case: Case, connected: bool) -> bool:
    """Whether a broker still answers after `case`."""
    client = await Wire.open(port)
    try:
        if connected:
            assert (await client.ask(wire.connect("culprit"))) == (0x20, b"\0\0")
        client.send(case.sent)
        return await client.still_answers()
    finally:
        await client.close()


@pytest.mark.parametrize("case", each(BEFORE_CONNECT))
async def test_closed_before_connack_when_malformed(house: House, caplog, case: Case):
    caplog.set_level(logging.INFO)
    client = await house.open()
    client.send(case.sent)
    assert await client.until_closed() == []
    assert caplog.records[-1].reason == "malformed"
    assert house.broker.stats.malformed == 1
    assert not house.hooks.presence


@pytest.mark.parametrize("case", each(AFTER_CONNECT))
async def test_closed_when_malformed_and_nobody_else_is(house: House, caplog, case: Case):
    caplog.set_level(logging.INFO)
    bystander = await house.client("bystander", ("#", 1))
    client = await house.client("culprit")
    client.send(wire.publish("good", b"x", qos=1) + case.sent + wire.publish("after", qos=1))
    assert [answer.first for answer in await client.until_closed()] == [0x40]
    assert [line.client for line in caplog.records if getattr(line, "reason", "") == "malformed"] == ["culprit"]
    assert house.hooks.presence[-1][2].startswith("malformed: ")
    assert [message.topic for message in await bystander.until_pong()] == ["good"]


@pytest.mark.parametrize("case", each(LEGAL))
async def test_stays_open_when_odd_but_legal(house: House, case: Case):
    assert await survives(house.port, case, connected=True)
    assert house.broker.stats.malformed == 0


@pytest.mark.parametrize(
    ("case", "connected"), [*each(BEFORE_CONNECT, False), *each(AFTER_CONNECT, True), *each(LEGAL, True)]
)
def test_mosquitto_does_the_same_unless_the_case_says_why(mosquitto_port: int, case: Case, connected: bool):
    we_stay_open = case in LEGAL
    assert (asyncio.run(survives(mosquitto_port, case, connected)) == we_stay_open) == (not case.alone)

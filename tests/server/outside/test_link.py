"""One connection to an outside broker: how it ends."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
from henge_server.mqtt.account import Account
from henge_server.mqtt.failures import LinkClosed, LinkLost
from henge_server.mqtt.link import Link

from tests.server.outside.brokers import OutsideBroker


@pytest.fixture
async def link(plain: OutsideBroker) -> AsyncIterator[Link]:
    """Open; with the shortest keep-alive there is."""
    found = Link(Account("127.0.0.1", plain.port, False, "henge_server"), lambda heard: None, keep_alive_s=1)
    await found.open()
    yield found
    found.close()


async def test_it_ends_when_the_broker_is_mute(link: Link, plain: OutsideBroker):
    plain.signal(signal.SIGSTOP)
    try:
        with pytest.raises(LinkLost, match="no sign of life from the broker for 1 s") as found:
            await link.run()
        assert not isinstance(found.value, LinkClosed)  # nobody has taken it
    finally:
        plain.signal(signal.SIGCONT)


async def test_it_ends_when_the_broker_is_gone(link: Link, plain: OutsideBroker):
    await plain.stop()
    with pytest.raises(LinkClosed, match="the broker closed the connection"):
        await link.run()


async def test_waits_end_when_it_does(link: Link, plain: OutsideBroker):
    plain.signal(signal.SIGSTOP)
    subscribing = asyncio.create_task(link.subscribe([("a", 1)]))
    await asyncio.sleep(0)
    link.give_up("the test says so")
    with pytest.raises(LinkLost, match="the test says so"):
        await subscribing
    plain.signal(signal.SIGCONT)


async def test_connection_is_dropped_when_nobody_waits_for_it_any_more(plain: OutsideBroker):
    link = Link(Account("127.0.0.1", plain.port, False, "henge_server"), lambda heard: None)
    opening = asyncio.create_task(link.open())
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    link.close()
    await plain.says("Client henge_server closed its connection", "Client henge_server disconnected")
    assert not link.alive

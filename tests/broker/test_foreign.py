"""Clients that no one here wrote publish, subscribe, get retained messages, leave wills and are refused."""

import pytest
from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, Client

from tests.broker.conftest import OpenHouse, Recorder
from tests.broker.foreign import FOREIGN_CLIENTS, Account, Got, Refused


class Doorkeeper(Recorder):
    """Lets in the client ann, and the tests' own."""

    def authenticate(self, client: Client, password: bytes | None) -> int:
        known = client.username is None or (client.username, password) == ("ann", b"right")
        return ACCEPTED if known else BAD_CREDENTIALS


@pytest.fixture
async def house(open_house: OpenHouse):
    return await open_house(Doorkeeper())


@pytest.fixture(params=FOREIGN_CLIENTS.values(), ids=list(FOREIGN_CLIENTS))
def visit(request, mosquitto_programs):
    return lambda *account, **more: request.param(Account(*account, **more), mosquitto_programs)


@pytest.mark.spec("7.0.0-2", "7.1.1-1")
async def test_publishes_and_gets_what_it_subscribed_to(house, visit):
    async with visit(house.port, "guest") as guest:
        await guest.subscribe("a/+")
        await house.until(lambda: house.broker.stats.subscriptions == 1)
        for number in range(3):
            await guest.publish(f"a/{number}", b"x%d" % number)
        assert [await guest.read() for _ in range(3)] == [Got(f"a/{n}", b"x%d" % n, False) for n in range(3)]
    assert [message.qos for message in house.hooks.messages] == [1, 1, 1]


async def test_gets_retained_messages(house, visit):
    async with visit(house.port, "guest") as guest:
        await guest.publish("kept/a", b"1", retain=True)
        await guest.publish("kept/a", b"2", retain=True)
        await guest.subscribe("kept/#")
        assert await guest.read() == Got("kept/a", b"2", True)


async def test_will_is_published_when_it_is_cut_off(house, visit):
    watcher = await house.client("watcher", ("status", 1))
    async with visit(house.port, "guest", will="status") as guest:
        await guest.subscribe("a")
        await house.until(lambda: house.broker.stats.subscriptions == 2)
        house.broker.disconnect("guest", "cut off by the test")
        got = await watcher.read()
        assert (got.topic, got.payload) == ("status", b"gone")
        assert house.broker.stats.retained == 1


async def test_no_will_when_it_takes_its_leave(house, visit):
    async with visit(house.port, "guest", will="status") as guest:
        await guest.publish("a", b"x")
    await house.until(lambda: not house.broker.clients)
    assert [reason for _, online, reason in house.hooks.presence if not online] == ["disconnected"]
    assert house.broker.stats.retained == 0


async def test_refused_with_the_wrong_password(house, visit):
    with pytest.raises(Refused):
        async with visit(house.port, "guest", password="wrong") as guest:
            await guest.publish("a", b"x")
    assert house.broker.stats.refused_logins == 1
    assert not house.hooks.messages

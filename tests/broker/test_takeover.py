"""A client id that connects a second time takes the place of the first."""

import pytest
from henge_mqtt import ACCEPTED, BAD_CREDENTIALS, Client

from tests.broker import wire
from tests.broker.conftest import House, OpenHouse, Recorder


@pytest.mark.spec("3.1.4-2")
async def test_old_connection_ends_and_its_will_goes_out_before_the_new_connack(house: House):
    old = await house.client("lamp", will=("status", b"offline", 1, True))
    new = await house.client("lamp", will=("status", b"offline", 1, True))
    assert [message.payload for message in house.broker.retained.match("status")] == [b"offline"]
    assert await old.until_closed() == []
    await new.ask(wire.publish("status", b"online", qos=1, retain=True))
    assert [message.payload for message in house.broker.retained.match("status")] == [b"online"]
    assert house.broker.stats.takeovers == 1


async def test_offline_of_the_old_before_online_of_the_new(house: House):
    await house.client("lamp")
    await house.client("lamp")
    told = [(online, reason) for _, online, reason in house.hooks.presence]
    assert told == [(True, "connected"), (False, "taken over by a new connection"), (True, "connected")]
    assert house.broker.clients["lamp"].connected


@pytest.mark.spec("3.1.2-6", "3.1.4-3")
async def test_subscriptions_of_a_clean_session_end_with_it(house: House):
    await house.client("lamp", ("a", 1))
    new = await house.client("lamp")
    assert house.broker.publish("a", b"x") == 0
    assert await new.until_pong() == []


@pytest.mark.spec("3.1.4-3", "4.4.0-1")
async def test_persistent_session_goes_over_with_what_is_in_flight(house: House):
    await house.client("lamp", ("a", 1), clean=False)
    house.broker.publish("a", b"x")
    new = await house.open()
    assert await new.ask(wire.connect("lamp", clean=False)) == (0x20, b"\x01\x00")
    got = await new.read()
    assert (got.first, got.payload) == (0x3A, b"x")


async def test_only_who_is_let_in_takes_over(open_house: OpenHouse):
    class Doorkeeper(Recorder):
        def authenticate(self, client: Client, password: bytes | None) -> int:
            return ACCEPTED if password == b"right" else BAD_CREDENTIALS

    house = await open_house(Doorkeeper())
    old = await house.client("lamp", username="lamp", password=b"right")
    thief = await house.open()
    thief.send(wire.connect("lamp", username="lamp", password=b"wrong"))
    await thief.until_closed()
    assert await old.until_pong() == []

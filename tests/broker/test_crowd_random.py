"""A crowd that does everything at random, checked against a model of what a broker must do.

`CROWD_SEED=N ./dev test tests/broker/test_crowd_random.py` plays the script of seed N again; `CROWD_SIZE=50` with fewer
clients, which do the same as they do among many.
"""

import logging
import os

import pytest
from henge_mqtt import Broker

from tests.broker.conftest import OpenHouse
from tests.broker.crowd.gathering import Gathering
from tests.broker.crowd.leftovers import footprint, leftovers, objects
from tests.broker.crowd.rules import Rules

SEED = int(os.environ.get("CROWD_SEED", "1"))
SIZE = int(os.environ.get("CROWD_SIZE", "500"))

GROWTH = 32 * 1024
"""Bytes that the broker may grow by after the first round: its caches of topics, which are bounded, differ a little.
66 bytes left behind by each of five hundred clients would be as much."""


async def rounds(open_house: OpenHouse, count: int, steps: int) -> None:
    """The same script `count` times with one broker: nothing wrong in any, and no growth after the first."""
    rules = Rules()
    house = await open_house(rules, inflight=5, address_failed_logins=1_000_000, forbidden_publishes=1_000_000)
    before, first = objects(), 0
    for _ in range(count):
        ledger = await Gathering(house.broker, rules, house.port, SEED, SIZE, steps).hold()
        assert not ledger.problems, ledger.report(SEED)
        del ledger
        assert leftovers(house.broker, before) == []
        assert presence_paired(house.broker, rules)
        first = first or footprint(house.broker)
    assert footprint(house.broker) - first < GROWTH


def presence_paired(broker: Broker, rules: Rules) -> bool:
    """Who came has gone, each connection once."""
    stats = broker.stats
    assert rules.unpaired == []
    assert rules.online == {}
    return rules.arrivals == stats.connects == stats.disconnects


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What is refused is refused a thousand times here."""
    caplog.set_level(logging.ERROR, "henge_mqtt")


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_nobody_is_wronged_and_nothing_is_left(open_house: OpenHouse):
    await rounds(open_house, count=2, steps=12)


@pytest.mark.slow
async def test_nobody_is_wronged_and_nothing_is_left_in_the_long_run(open_house: OpenHouse):
    await rounds(open_house, count=10, steps=24)

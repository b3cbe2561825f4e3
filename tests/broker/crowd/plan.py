"""The script of the crowd: what each client does, drawn from a seed beforehand: the same seed is the same script.

What the others do meanwhile and in which order the sockets are served is not in it: that is the network's.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.broker.crowd.links import BYTEWISE, CUTTING, PERFECT, SPLIT

ROOMS = 60
"""Topics that everybody talks on: with so many, each has a handful of readers."""

VERBS = {
    "publish": 50,
    "subscribe": 14,
    "unsubscribe": 5,
    "ping": 6,
    "vanish": 6,
    "leave": 4,
    "take_over": 4,
    "misbehave": 1,
    "stall": 3,
    "rest": 7,
}
"""What is done how often, of a hundred times."""

LINK_SHARES = {PERFECT: 70, SPLIT: 12, BYTEWISE: 4, CUTTING: 14}


class Connect(NamedTuple):
    """How to connect, should the step find the client without a connection, or take over its own."""

    clean: bool
    link: str
    will: tuple[int, bool] | None
    """QoS and retain."""
    small: bool
    """With the smallest window: a slow reader to be."""


class Step(NamedTuple):
    """One thing a client does. `turns` are the event loop's turns it rests afterwards."""

    verb: str
    topic: str
    """A topic to publish on, or a filter."""
    qos: int
    retain: bool
    size: int
    flag: bool
    """Wait for the answer; or amid a packet; or with a reset: the verb knows."""
    turns: int
    connect: Connect


def script(name: str, seed: int, length: int) -> list[Step]:
    """What the client `name` does, in `length` steps."""
    rng = Random(f"{seed} {name}")
    mostly_clean = rng.random() < 0.35
    will = (rng.randrange(3), rng.random() < 0.3) if rng.random() < 0.4 else None
    keep_qos = rng.randrange(3)
    steps = []
    for place in range(length):
        verb = "subscribe" if place == 0 else rng.choices(list(VERBS), list(VERBS.values()))[0]
        connect = Connect(
            clean=rng.random() < (0.9 if mostly_clean else 0.04),
            link=rng.choices(list(LINK_SHARES), list(LINK_SHARES.values()))[0],
            will=will,
            small=rng.random() < 0.1,
        )
        topic, qos, retain = _topic(name, rng, keep_qos) if verb == "publish" else (_filter(name, rng), 0, False)
        if name.startswith("auditor") and place == 0:
            topic = "#"
        if verb == "subscribe":
            qos = rng.choice((0, 1, 1, 2, 2))
        size = 0 if retain and rng.random() < 0.1 else rng.choice((1, 1, 1, 200, 3000))
        steps.append(Step(verb, topic, qos, retain, size, rng.random() < 0.5, rng.randrange(6), connect))
    return steps


def _topic(name: str, rng: Random, keep_qos: int) -> tuple[str, int, bool]:
    """Where to publish, with which QoS, retained or not."""
    kind = rng.random()
    if kind < 0.10:  # a retained topic has one owner, who uses one QoS: so its last message is known
        return f"keep/{name}", keep_qos, True
    qos = rng.choice((0, 1, 1, 2, 2))
    if kind < 0.20:
        return f"held/{rng.randrange(5)}", max(qos, 1), False
    if kind < 0.23:
        return rng.choice(("locked/door", f"secret/{name}")), qos, False
    room = rng.randrange(ROOMS)
    return (f"talk/{room}" if kind < 0.7 else f"talk/{room}/{rng.choice('abc')}"), qos, False


def _filter(name: str, rng: Random) -> str:
    """What to subscribe to; among it what is refused."""
    room = rng.randrange(ROOMS)
    common = [f"talk/{room}", f"talk/{room}/{rng.choice('abc')}", f"talk/{room}/#", f"talk/{room}/+"]
    special = [f"secret/{name}", "locked/#", f"held/{rng.randrange(5)}", "keep/+", f"keep/{name}", f"will/{name}"]
    refused = ["#", "+/door", "secret/+", "secret/#", f"secret/{name}x", "$SYS/#", "+/+/a"]
    wide = ["talk/+/a", "will/+", "big/0", "big/+", "talk/#"]
    kind = rng.random()
    if kind < 0.80:
        return rng.choice(common)
    if kind < 0.92:
        return rng.choice(special)
    return rng.choice(refused if kind < 0.975 else wide)

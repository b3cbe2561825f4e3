"""Whatever comes in on `desired`: the agent never fails, never applies what is not sound, and both runtimes agree."""

import json
import random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.agent.asked import Asked
from tests.portable.agent_fakes import FakeDriver, Life, signed, signed_doc

calm = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

keys = st.sampled_from([*FakeDriver.SETTINGS, "lamp.colour", "lamp"])
scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.integers(0, FakeDriver.TOO_MUCH),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=48),
)
revs = st.integers(0, 6)
sound = st.builds(signed, revs, st.dictionaries(keys, scalars, max_size=4))
plain = st.builds(signed, revs, st.fixed_dictionaries({"lamp.level": st.integers(0, FakeDriver.TOO_MUCH)}))
forged = st.builds(signed, revs, st.dictionaries(keys, scalars, max_size=4), key=st.just(bytes(32)))
odd = st.builds(signed_doc, revs, st.binary(max_size=200))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound message with some bytes changed, added or cut off."""
    payload = bytearray(draw(plain))
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(chance.randrange(1, 4)):
        payload[chance.randrange(len(payload))] = chance.randrange(256)
    return bytes(payload[: chance.choice([None, chance.randrange(len(payload))])])


messages = st.lists(st.one_of(sound, plain, forged, odd, damaged(), st.binary(max_size=200)), min_size=1, max_size=6)


def lived(payloads: list[bytes]) -> dict:
    """The same as life_probe.py, here."""
    life = Life()
    for payload in payloads:
        life.takes(payload)
    reports = [[r.rev, r.state, {key: code for key, (code, _) in r.errors.items()}] for r in life.wire.reports]
    return json.loads(json.dumps({"reports": reports, "rev": life.rev, "values": life.driver.values}))


@calm
@given(messages)
@example([b""])
@example([signed(1, {"net.password": bytes(32)})])
@example([signed_doc(1, bytes(8000)), bytes(9216), bytes(9217)])
def test_both_runtimes_make_the_same_of_it(small_board: Asked, payloads: list[bytes]) -> None:
    assert small_board.live(payloads) == lived(payloads)


@calm
@given(st.lists(st.one_of(forged, damaged(), st.binary(max_size=300)), min_size=1, max_size=6))
def test_nothing_unsigned_changes_anything(payloads: list[bytes]) -> None:
    life = Life()
    life.takes(signed(1, {"lamp.level": 5}))
    writes = life.flash.writes
    for payload in payloads:
        life.takes(payload)
    assert (life.rev, life.level, life.flash.writes) == (1, 5, writes)


@calm
@given(messages)
def test_what_is_in_use_is_sound_and_survives_a_restart(payloads: list[bytes]) -> None:
    life = Life()
    for payload in payloads:
        life.takes(payload)
        assert 0 <= life.level <= 100
        assert life.level != FakeDriver.TOO_MUCH
    again = Life(life.flash)
    assert again.driver.values == life.sync.current.values

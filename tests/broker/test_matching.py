"""Topics and filters: the dict, the trie and the retained tree against the rules spelled out plainly."""

import pytest
from henge_mqtt import Limits, Message, Stats
from henge_mqtt.retained import Retained
from henge_mqtt.session import Session
from henge_mqtt.subscriptions import Subscriptions
from hypothesis import given
from hypothesis import strategies as st

LEVELS = st.sampled_from(["a", "b", "", "$x"])
NAMES = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, rest: "/".join(levels + rest),
    st.lists(LEVELS | st.just("+"), max_size=4),
    st.sampled_from([["#"], ["a"], []]),
).filter(bool)


def matches(topic_filter: str, topic: str) -> bool:
    """Section 4.7, one rule per line."""
    wanted, given_ = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        wanted, given_ = wanted[:-1], given_[: len(wanted) - 1]
    return len(wanted) == len(given_) and all(w in ("+", g) for w, g in zip(wanted, given_, strict=True))


@pytest.mark.spec("4.7.2-1", "4.7.3-4")
@pytest.mark.parametrize(
    ("topic_filter", "topic", "match"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "/", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/x", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/x", True),
        ("ACCOUNTS", "Accounts", False),
    ],
)
def test_examples_of_the_specification(topic_filter: str, topic: str, match: bool):
    assert matches(topic_filter, topic) == match
    subscriptions = Subscriptions()
    subscriptions.add(topic_filter, a_session(), 1)
    assert bool(subscriptions.match(topic)) == match


def a_session() -> Session:
    return Session("c", True, Limits(), Stats())


SESSIONS = [a_session() for _ in range(3)]
CHANGES = st.lists(st.tuples(st.booleans(), FILTERS, st.sampled_from(SESSIONS), st.integers(0, 1), NAMES), max_size=30)


@pytest.mark.spec("3.3.2-3", "3.3.5-1", "4.7.2-1")
@given(CHANGES)
def test_subscriptions_after_any_changes(changes):
    subscriptions, known = Subscriptions(), {}
    for adding, topic_filter, session, qos, topic in changes:
        if adding:
            subscriptions.add(topic_filter, session, qos)
            known[topic_filter, session] = qos
        else:
            subscriptions.remove(topic_filter, session)
            known.pop((topic_filter, session), None)
        expected: dict[Session, int] = {}
        for (wanted, who), granted in known.items():
            if matches(wanted, topic):
                expected[who] = max(granted, expected.get(who, 0))
        assert subscriptions.match(topic) == expected
    for topic_filter, session in known:
        subscriptions.remove(topic_filter, session)
    assert not any(subscriptions.match(topic) for *_, topic in changes)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=1), FILTERS), max_size=30))
def test_retained_after_any_changes(changes):
    retained, known = Retained(Limits(), Stats()), {}
    for topic, payload, topic_filter in changes:
        retained.keep(Message(topic, payload, retain=True))
        known[topic] = payload
        expected = {name: kept for name, kept in known.items() if kept and matches(topic_filter, name)}
        found = retained.match(topic_filter)
        assert {message.topic: message.payload for message in found} == expected
        assert len(found) == len(expected)
    for topic in known:
        retained.keep(Message(topic, b"", retain=True))
    assert retained.is_empty

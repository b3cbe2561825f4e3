"""Who may come in: rates of all and of one address, at any time and for any kind of address."""

import pytest
from henge_mqtt import Limits
from henge_mqtt.gate import BURST_S, REMEMBERED, Gate


def let_in(gate: Gate, host: str, now: float, tries: int) -> int:
    return sum(not gate.refusal(host, now) for _ in range(tries))


def test_burst_then_the_rate():
    gate = Gate(Limits(address_connect_rate=2))
    assert let_in(gate, "a", 0, 100) == 2 * BURST_S
    assert let_in(gate, "a", 0.4, 100) == 0
    assert let_in(gate, "a", 0.5, 100) == 1
    assert let_in(gate, "a", 3, 100) == 5
    assert let_in(gate, "a", 1000, 100) == 2 * BURST_S


def test_an_address_does_not_use_up_what_is_anothers():
    gate = Gate(Limits(address_connect_rate=1))
    let_in(gate, "a", 0, 100)
    assert let_in(gate, "b", 0, 100) == BURST_S


def test_who_is_refused_for_its_address_does_not_count_for_all():
    gate = Gate(Limits(connect_rate=2, address_connect_rate=1))
    let_in(gate, "a", 0, 1000)
    assert let_in(gate, "b", 0, 100) == BURST_S
    assert gate.refusal("c", 0) == "connect_rate"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool):
    gate = Gate(Limits(address_connect_rate=1))
    let_in(gate, one, 0, BURST_S)
    assert (gate.refusal(other, 0) != "") == same


def test_remembers_a_bounded_number_of_addresses():
    gate = Gate(Limits(connect_rate=1_000_000, address_connect_rate=1))
    for number in range(2 * REMEMBERED):
        gate.refusal(str(number), 0)
    assert gate.remembered <= 2 * REMEMBERED


def test_remembers_who_is_busy_when_it_forgets_the_others():
    gate = Gate(Limits(connect_rate=1_000_000, address_connect_rate=1))
    for number in range(REMEMBERED - 1):
        gate.refusal(str(number), 0)
    let_in(gate, "busy", 5, 100)
    assert not gate.refusal("another", 5)
    assert gate.refusal("busy", 5) == "address_connect_rate"
    assert gate.remembered < 10

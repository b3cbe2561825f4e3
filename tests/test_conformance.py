"""docs/conformance.md is what the tests say, and no statement of MQTT 3.1.1 is left open."""

from collections import Counter, defaultdict

from tests.broker import conformance
from tests.broker.malformed import AFTER_CONNECT, BEFORE_CONNECT, LEGAL

NUMBERS = [number for group in conformance.STATEMENTS.values() for number in group]


def test_every_statement_of_the_standard_is_there_once():
    sections = defaultdict(list)
    for number in conformance.in_order(NUMBERS):
        section, _, last = number.rpartition("-")
        sections[section].append(int(last))
    assert len(NUMBERS) == 141  # appendix B of the standard
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in sections.values())


def test_every_statement_that_binds_a_server_is_held_by_a_test():
    held = conformance.held()
    assert [number for number in conformance.STATEMENTS["server"] if not held[number]] == []


def test_tests_and_cases_name_no_statement_that_is_not_there():
    known = set(conformance.STATEMENTS["server"])
    sections = {number.rpartition("-")[0] for number in NUMBERS}
    named = {number for number in conformance.held() if "-" in number}
    assert named <= known
    assert {section for section in conformance.held() if "-" not in section} <= sections | {"2.2.3", "4.7", "1.5.3"}


def test_cases_have_names_of_their_own():
    counted = Counter(case.name for cases in (BEFORE_CONNECT, AFTER_CONNECT, LEGAL) for case in cases)
    assert [name for name, count in counted.items() if count > 1] == []


def test_page_is_what_the_tests_say():
    assert conformance.PAGE.read_text() == conformance.page(), (
        "write it anew: .venv/bin/python -m tests.broker.conformance --write"
    )

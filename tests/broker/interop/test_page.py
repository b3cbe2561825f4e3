"""The page has the features and clients of the matrix, no more and no less, and a plain answer in each cell."""

import re
from collections import Counter

from tests.broker.interop.matrix import CLIENTS, FEATURES
from tests.broker.interop.page import BEGIN, END, PAGE, needed, table

WRITE = "write it anew: ./dev test --all tests/broker/interop --write-page"


def rows(text: str) -> list[list[str]]:
    """The rows of a table that have cells: chapters have none."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in found if any(row[1:]) and row[1] != "---"]


def noted(cell: str) -> str:
    """The cell, if a note says why it is not a yes."""
    return cell if re.match(r"(no|fails) \(", cell) else ""


def written() -> str:
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def test_page_names_the_clients_and_their_versions():
    head, *_ = rows(written())
    names, versions = zip(*(cell.rsplit(" ", 1) for cell in head[1:]), strict=True)
    assert list(names) == [client.name for client in CLIENTS], WRITE
    assert all(version[0].isdigit() for version in versions)


def test_page_has_a_row_for_each_feature_and_a_note_for_whatever_is_no_yes():
    any_answer = dict.fromkeys(needed(), "yes")
    expected, found = (rows(text) for text in (table(any_answer, ["1"] * len(CLIENTS)), written()))
    assert [row[0] for row in found[1:]] == [row[0] for row in expected[1:]], WRITE
    for row, wanted in zip(found[1:], expected[1:], strict=True):
        assert all(row), row
        assert list(map(noted, row)) == list(map(noted, wanted)), WRITE


def test_page_has_the_notes_of_the_matrix():
    expected = table(dict.fromkeys(needed(), "yes"), ["1"] * len(CLIENTS))
    notes = [[line for line in text.splitlines() if line[:1].isdigit()] for text in (written(), expected)]
    assert notes[0] == notes[1], WRITE


def test_names_of_features_are_used_once_and_known_where_they_are_used():
    counted = Counter(feature.name for feature in FEATURES)
    assert [name for name, count in counted.items() if count > 1] == []
    assert [name for client in CLIENTS for name in client.lacks | client.fails if name not in counted] == []

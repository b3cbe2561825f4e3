"""The page has the features and clients of the matrix, no more and no less, and a plain answer in each cell."""

import re
from collections import Counter

from tests.broker.interop.matrix import CLIENTS, FEATURES
from tests.broker.interop.page import BEGIN, END, PAGE, why_not

TABLE = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
NOTES = dict(re.findall(r"^([0-9]+)\. (.+)$", TABLE, re.MULTILINE))
WRITE = "write it anew: ./dev test --all tests/broker/interop --write-page"


def rows() -> list[list[str]]:
    """The rows that have cells: chapters have none."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line[:1] == "|"]
    return [row for row in found if any(row[1:]) and row[1] != "---"]


def test_page_names_the_clients_and_their_versions():
    names, versions = zip(*(cell.rsplit(" ", 1) for cell in rows()[0][1:]), strict=True)
    assert list(names) == [client.name for client in CLIENTS], WRITE
    assert all(version[0].isdigit() for version in versions)


def test_page_has_a_row_for_each_feature():
    assert [row[0] for row in rows()[1:]] == [feature.name for feature in FEATURES], WRITE


def test_page_says_no_where_the_matrix_does_and_why():
    for row, feature in zip(rows()[1:], FEATURES, strict=True):
        for cell, client in zip(row[1:], CLIENTS, strict=True):
            assert cell
            answer = re.fullmatch(r"(no|fails) \((\d+)\)", cell)
            assert (NOTES[answer[2]] if answer else None) == why_not(feature, client), (
                feature.name,
                client.name,
                WRITE,
            )


def test_names_of_features_are_used_once_and_known_where_they_are_used():
    counted = Counter(feature.name for feature in FEATURES)
    assert [name for name, count in counted.items() if count > 1] == []
    assert [name for client in CLIENTS for name in client.lacks | client.fails if name not in counted] == []

"""The features of the table: each is a scenario that a client either goes through or not, with a name for people.

A scenario says nothing when it went as it should. It may say instead, in a few words, which of several right ways a
client took; an AssertionError says that it did not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.broker.interop.stage import Stage

Scenario = Callable[[Stage], Awaitable[str | None]]


class Feature(NamedTuple):
    """A row of the table."""

    name: str
    scenario: Scenario
    quick: bool
    """Played by `./dev test` as well."""


class Features:
    """A chapter of the table: `feature` puts the scenario below it into the chapter."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.all: list[Feature] = []

    def feature(self, name: str, *, quick: bool = True) -> Callable[[Scenario], Scenario]:
        def add(scenario: Scenario) -> Scenario:
            self.all.append(Feature(name, scenario, quick))
            return scenario

        return add

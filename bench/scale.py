"""Scale: how often and with how many each benchmark is run. Bounded, so that the whole stays under six minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of one run."""

    rounds: int = 5  # of which the median is printed; the two brokers take turns in each
    boards: int = 1000  # of the fleet, the broker's clients, and in the server's memory
    others: int = 500  # boards that report while one is edited
    edits: int = 500  # of one board, one after the other, in each round
    pushes: int = 1000  # one at a time, in each round
    waves: int = 3  # pushes to all boards at once, in each round
    commits: int = 320  # in each of the store's settings
    in_flight: int = 32  # requests or writes under way at a time


FULL = Scale()

TINY = Scale(rounds=1, boards=20, others=5, edits=4, pushes=20, waves=1, commits=32, in_flight=4)
"""Runs through everything and measures nothing worth reading."""

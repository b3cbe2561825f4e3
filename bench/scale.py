"""Scale: how often and with how many each benchmark is run. Bounded, so that the whole stays under ten minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of one run."""

    rounds: int = 5  # of which the median is printed; the brokers take turns in each
    boards: int = 1000  # of the fleet, and in the server's memory
    others: int = 500  # boards that report while one is edited
    edits: int = 500  # of one board, one after the other, in each round
    pushes: int = 1000  # one at a time, in each round
    waves: int = 3  # pushes to a fleet at once, in each round
    commits: int = 320  # in each of the store's settings
    in_flight: int = 32  # requests or writes under way at a time
    # Of the broker alone:
    few: int = 100  # clients, beside which the cost of an operation with the most is set
    fleets: tuple[int, ...] = (1000, 5000, 10000)  # clients, growing
    secured: int = 2000  # clients with TLS
    storms: int = 3  # rounds with all connections at once: mosquitto needs seconds for each
    at_rest_s: int = 20  # that idle clients ping
    patience_s: int = 60  # for one order to the load generator
    slow_fleet: int = 1000  # clients of a broker that cannot do more in a bounded time,
    slow_pushes: int = 300  # what is pushed to it one at a time,
    slow_patience_s: int = 10  # and how long it is waited for
    # Of the firmware:
    documents: int = 10_000  # applied one after another
    timed: int = 200  # others, of which each step is timed
    shapes: int = 2  # of documents, for the heap
    cuts_all: bool = True  # power cuts with documents of every size; else with one, and a short life
    # For looking at one thing (./dev bench broker --only ...):
    only: tuple[str, ...] = ()  # trials; empty: all
    brokers: tuple[str, ...] = ()  # names; empty: all


FULL = Scale()

TINY = Scale(
    rounds=1,
    boards=20,
    others=5,
    edits=4,
    pushes=20,
    waves=1,
    commits=32,
    in_flight=4,
    few=5,
    fleets=(20, 40),
    secured=20,
    storms=1,
    at_rest_s=1,
    slow_fleet=20,
    slow_pushes=10,
    documents=150,
    timed=5,
    shapes=1,
    cuts_all=False,
)
"""Runs through everything and measures nothing worth reading."""

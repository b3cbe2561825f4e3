"""A board that is not there: a port that mpremote and fleetctl talk to, with the real interpreter behind it."""

from fleetsim.virtual.board import KINDS, TooLate, VirtualBoard

__all__ = ["KINDS", "TooLate", "VirtualBoard"]

"""A board that is not there: a port that mpremote and fleetctl talk to, with the real interpreter behind it."""

from fleetsim.virtual.board import KINDS, TooLate, VirtualBoard
from fleetsim.virtual.radio import Air

__all__ = ["KINDS", "Air", "TooLate", "VirtualBoard"]

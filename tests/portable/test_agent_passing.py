"""Modules that a board needs for a moment only."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import sys

import henge_agent
from henge_agent.compat import IS_MICROPYTHON, reason
from henge_agent.passing import NAMES, forget


class _Unreadable:
    """In the place of a module that flash does not give."""

    def __getattr__(self, name: str):
        raise MemoryError()


class TestPassing(unittest.TestCase):
    def test_what_was_needed_is_forgotten_on_a_board(self):
        names = [package + "." + name for package in NAMES for name in NAMES[package]]
        for name in names:
            __import__(name)
        forget()
        self.assertEqual([name for name in names if name in sys.modules], [] if IS_MICROPYTHON else names)
        self.assertEqual(hasattr(henge_agent, "trust"), not IS_MICROPYTHON)

    def test_what_was_forgotten_is_had_anew(self):
        for _ in range(2):
            self.assertEqual(reason(OSError(104, "text")), "reset by the other end")
            forget()

    def test_an_error_is_told_also_where_the_words_for_it_cannot_be_had(self):
        henge_agent.reasons = sys.modules["henge_agent.reasons"] = _Unreadable()  # type: ignore
        try:
            self.assertEqual(reason(OSError("no way")), "OSError: no way")
        finally:
            del henge_agent.reasons, sys.modules["henge_agent.reasons"]  # type: ignore


if __name__ == "__main__":
    unittest.main()

"""The agent at a computer's console: what an interrupt leaves behind."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_agent.computer import recover_heap


class TestConsole(unittest.TestCase):
    def test_an_interrupt_leaves_a_heap_that_can_be_used(self):
        try:
            from micropython import heap_lock  # type: ignore[import-not-found]
        except ImportError:
            recover_heap()  # CPython's is never locked
            return
        heap_lock()
        recover_heap()
        self.assertEqual(len(bytearray(1000)), 1000)


if __name__ == "__main__":
    unittest.main()

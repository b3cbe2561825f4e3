"""Numbers: rounded as a board rounds, and steps that mean what a person wrote."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol.numbers import MAX_SINGLE, single
from henge_protocol.sentences import shortest
from henge_protocol.steps import is_on_step


class TestNumbers(unittest.TestCase):
    def test_a_number_is_rounded_to_the_nearest_single(self):
        self.assertEqual(single(0.1), 0xCCCCCD * 2.0**-27)
        self.assertEqual(single(16777217), 16777216.0)
        self.assertEqual(single(16777219), 16777220.0)
        self.assertEqual(single(1), 1.0)
        self.assertIsInstance(single(1), float)

    def test_the_largest_single_is_one_and_more_is_none(self):
        self.assertEqual(single(MAX_SINGLE), MAX_SINGLE)
        for value in (2.0**128, -(2.0**128), float("inf"), float("-inf"), float("nan"), 10**400, -(10**400)):
            with self.subTest(value=repr(value)):
                self.assertRaises(ValueError, single, value)

    def test_a_number_is_shown_with_as_few_digits_as_name_it(self):
        for value in (0.3, 0.1, 100.5, 1e-3, 16777216.0, -2.5, 0.0):
            self.assertEqual(shortest(single(value)), value)

    def test_the_largest_single_can_be_shown(self):
        self.assertEqual(single(shortest(MAX_SINGLE)), MAX_SINGLE)

    def test_whole_numbers_are_exactly_on_a_step_or_off_it(self):
        self.assertTrue(is_on_step(7, 1, 3))
        self.assertFalse(is_on_step(8, 1, 3))
        self.assertTrue(is_on_step(-5, 1, 3))
        self.assertFalse(is_on_step((1 << 31) - 1, 0, 2))

    def test_a_decimal_is_on_its_decimal_step_though_neither_is_exact(self):
        for start, step, count in ((0, 0.1, 3), (0, 0.1, 9999), (0.5, 0.3, 7), (-1, 0.1, 1), (10, 0.001, 123)):
            with self.subTest(start=start, step=step, count=count):
                value = single(start + step * count)
                self.assertTrue(is_on_step(value, single(start), single(step)))

    def test_a_decimal_between_two_steps_is_off(self):
        for value, step in ((0.25, 0.1), (0.31, 0.1), (99.95, 0.1), (1.0005, 0.001)):
            with self.subTest(value=value, step=step):
                self.assertFalse(is_on_step(single(value), 0, single(step)))

    def test_the_smallest_and_the_largest_single_are_steps_too(self):
        self.assertTrue(is_on_step(2.0**-149 * 3, 0, 2.0**-149))
        self.assertTrue(is_on_step(MAX_SINGLE, 0, MAX_SINGLE))
        self.assertFalse(is_on_step(MAX_SINGLE / 2, 0, MAX_SINGLE))


if __name__ == "__main__":
    unittest.main()

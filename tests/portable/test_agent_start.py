"""A start: what is done with what is on flash when the hardware, the firmware or the flash is not what it was."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import FakeDriver, Life, signed


class NarrowDriver(FakeDriver):
    """Newer firmware: it takes less than the one before."""

    SETTINGS = {
        "lamp.level": {"type": "int", "min": 0, "max": 10, "default": 2},
        "net.name": {"type": "string", "default": "home", "max_length": 16, "risky": True},
    }


class TestStart(unittest.TestCase):
    def setUp(self):
        life = Life()
        life.takes(signed(1, {"lamp.level": 20}))
        life.takes(signed(2, {"lamp.level": 30, "net.name": "home"}))
        self.flash = life.flash

    def test_hardware_that_does_not_take_the_newest_any_more_gets_the_one_before(self):
        life = Life(self.flash, FakeDriver(too_much=30))
        self.assertEqual((life.rev, life.level, life.last), (1, 20, (2, "rejected")))
        again = Life(self.flash, FakeDriver(too_much=30))
        self.assertEqual((again.rev, again.last), (1, (2, "rejected")))
        self.assertEqual(again.takes(signed(3, {"lamp.level": 40})), [(3, "applied")])

    def test_hardware_that_takes_neither_is_left_with_the_newest(self):
        class Broken(FakeDriver):
            def apply(self, values: dict) -> None:
                raise OSError(5)

        life = Life(self.flash, Broken())
        self.assertEqual((life.rev, life.last), (2, (2, "applied")))
        self.assertTrue(any("lamp.level" in line for line in life.said))
        self.assertEqual(Life(self.flash).level, 30)

    def test_a_value_that_newer_firmware_does_not_take_becomes_its_default(self):
        life = Life(self.flash, NarrowDriver())
        self.assertEqual((life.rev, life.level), (2, 2))
        self.assertTrue(any("30" in line for line in life.said))

    def test_a_flash_that_cannot_be_read_leaves_the_defaults(self):
        self.flash.read = broken_read
        life = Life(self.flash)
        self.assertEqual((life.rev, life.level), (0, 1))
        self.assertTrue(any("flash" in line for line in life.said))

    def test_a_board_that_was_told_nothing_uses_the_defaults_and_reports_nothing(self):
        life = Life()
        self.assertEqual((life.rev, life.level, life.wire.reports), (0, 1, []))


def broken_read(place: str, start: int, count: int) -> bytes:
    raise OSError(5)


if __name__ == "__main__":
    unittest.main()

"""What the check at a start finds on flash: damage is named; what was never written or was dropped is none."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import Life, signed
from henge_agent.memory_storage import MemoryStorage


class UnreadableStorage(MemoryStorage):
    def read(self, place: str, start: int, count: int) -> bytes:
        raise OSError(5)


def damage(flash, place, at=30):
    """One bit is another."""
    whole = flash.read(place, 0, 20_000)
    flash.write(place, whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])


class TestFound(unittest.TestCase):
    def setUp(self):
        self.life = Life()
        for rev in (1, 2):
            self.life.takes(signed(rev, {"lamp.level": rev}))
        for rev in (3, 4):
            self.life.takes(signed(rev, {"lamp.level": 101}))
        self.flash = self.life.flash

    def found(self):
        return Life(self.flash).performer.found

    def test_nothing_is_found_when_all_is_whole(self):
        self.assertIsNone(self.found())
        self.assertIsNone(Life().performer.found)

    def test_each_place_that_is_damaged_is_named(self):
        for place in ("slot-0", "slot-1", "refused-0", "refused-1"):
            kept = self.flash.read(place, 0, 20_000)
            damage(self.flash, place)
            self.assertEqual(self.found(), place + " was damaged")
            self.flash.write(place, kept)

    def test_several_are_named_together(self):
        damage(self.flash, "slot-1", at=0)
        self.flash.write("refused-0", b"\x00\x01")
        self.assertEqual(self.found(), "slot-1 was damaged, refused-0 was damaged")
        self.assertEqual(Life(self.flash).rev, 1)

    def test_what_was_dropped_is_no_damage(self):
        self.flash.drop("slot-1")
        self.flash.write("refused-0", bytes(64))
        self.assertIsNone(self.found())

    def test_a_document_that_is_written_ends_it(self):
        damage(self.flash, "slot-0")
        self.life = Life(self.flash)
        self.life.takes(signed(5, {"lamp.level": 5}))
        self.assertIsNone(self.found())

    def test_a_flash_that_cannot_be_read_is_said(self):
        found = Life(UnreadableStorage()).performer.found
        assert found is not None
        self.assertTrue(found.startswith("the flash cannot be read: "))


if __name__ == "__main__":
    unittest.main()

"""Power fails at flash write 1, 2, 3, ... until a board's whole story passes without a cut, clean and torn.

After each cut the board starts with the configuration from before or after the write, whole, never with one that was
refused; and the story, told again, ends as it should.
"""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import TRIAL_MS, FailingFlash, FakeDriver, Life, PowerCut, signed
from henge_agent.memory_storage import MemoryStorage
from henge_agent.slots import APPLIED, REJECTED, TRIAL, Slots


def tell(life: Life) -> None:
    """Every way that a document can take, one after another; what the flash already knows passes quickly."""
    life.takes(signed(1, {"lamp.level": 1}))
    life.takes(signed(2, {"lamp.level": 101}))
    life.takes(signed(3, {"lamp.level": 3, "net.name": "attic"}))
    life.reconnects()
    life.takes(signed(3, {"lamp.level": 3, "net.name": "attic"}))
    life.takes(signed(4, {"lamp.level": FakeDriver.TOO_MUCH, "net.name": "attic"}))
    life.takes(signed(5, {"lamp.level": 5, "net.name": "cellar"}))
    life.waits(TRIAL_MS)
    for _ in range(2):  # a trial where the one before it was cut short
        life.takes(signed(6, {"lamp.level": 6, "net.name": "attic"}))
        life.reconnects()


# What may be in use at a start: revision -> level. 2, 4 are refused, 5 is rolled back.
SOUND = {0: 1, 1: 1, 3: 3, 6: 6}


class TestPower(unittest.TestCase):
    def test_no_cut_leaves_anything_but_the_old_or_the_new(self):
        for torn in (False, True):
            cut = 0
            while True:
                cut += 1
                flash = FailingFlash(cut, torn)
                with self.subTest(cut=cut, torn=torn):
                    if self.survives(flash):
                        break
            self.assertGreater(cut, 9)

    def survives(self, flash: FailingFlash) -> bool:
        """Whether the story passed before the cut came."""
        life = Life(flash)
        try:
            tell(life)
            passed = True
        except PowerCut:
            passed = False
        flash.power_returns()
        again = Life(flash)
        self.assertEqual(again.level, SOUND[again.rev])
        self.assertGreaterEqual(again.rev, life.sync.current.rev)
        tell(again)
        self.assertEqual((again.rev, again.level), (6, 6))
        again = Life(flash)
        self.assertEqual((again.rev, again.level), (6, 6))
        return passed

    def test_every_byte_that_is_wrong_is_noticed(self):
        storage = MemoryStorage()
        slots = Slots(storage, "porch")
        slots.load()
        slots.stage(APPLIED, 1, 1, b"one")
        slots.keep()
        whole = storage.read("slot-0", 0, 20_000)
        for at in range(len(whole)):
            storage.write("slot-0", whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
            found = Slots(storage, "porch").load()
            self.assertEqual((found.current, found.damage), (None, ["slot-0 was damaged"]))
        for size in range(len(whole)):
            storage.write("slot-0", whole[:size])
            found = Slots(storage, "porch").load()
            self.assertIsNone(found.current)
            self.assertEqual(found.damage, ["slot-0 was damaged"] if size else [])


class TestSlots(unittest.TestCase):
    def setUp(self):
        self.storage = MemoryStorage()
        self.slots = Slots(self.storage, "porch")
        self.slots.load()

    def write(self, rev: int, state: int = APPLIED) -> None:
        self.slots.stage(state, 1, rev, b"document")
        if state == APPLIED:
            self.slots.keep()

    def found(self) -> tuple:
        """The revisions in use, before it and on trial at a start; 0 where there is none."""
        found = Slots(self.storage, "porch").load()
        return tuple(record.rev if record else 0 for record in (found.current, found.previous, found.lost_trial))

    def test_the_two_places_are_written_in_turn(self):
        for rev in range(1, 6):
            self.write(rev)
            self.assertEqual(self.found(), (rev, rev - 1, 0))

    def test_the_one_before_is_used_when_the_newest_is_damaged(self):
        self.write(1)
        self.write(2)
        self.storage.write("slot-1", b"damaged")
        self.assertEqual(self.found(), (1, 0, 0))

    def test_a_trial_never_overwrites_what_is_in_use(self):
        self.write(1)
        self.write(2)
        self.write(3, TRIAL)
        self.assertEqual(self.found(), (2, 0, 3))

    def test_the_refusal_before_stays_known_when_the_power_fails_at_the_next(self):
        for torn in (False, True):
            flash = FailingFlash(torn=torn)
            life = Life(flash)
            life.takes(signed(1, {"lamp.level": 1}))
            life.takes(signed(2, {"lamp.level": FakeDriver.TOO_MUCH}))
            flash.cut_at = flash.writes + 1
            with self.assertRaises(PowerCut):
                life.takes(signed(3, {"lamp.level": 101}))
            flash.power_returns()
            again = Life(flash, FakeDriver(too_much=-1))
            self.assertEqual(again.takes(signed(2, {"lamp.level": FakeDriver.TOO_MUCH})), [(2, "rejected")])
            self.assertEqual(again.level, 1)

    def test_refusals_are_written_in_turn(self):
        for rev in range(1, 6):
            self.slots.refuse(REJECTED, 1, rev, b"why")
            found = Slots(self.storage, "porch").load().refused
            assert found is not None
            self.assertEqual((found.rev, found.place), (rev, "refused-0" if rev % 2 else "refused-1"))

    def test_files_of_another_device_are_nothing(self):
        self.write(1)
        self.assertIsNone(Slots(self.storage, "attic").load().current)

    def test_files_longer_than_their_record_are_read(self):
        self.write(1)
        self.storage.write("slot-0", self.storage.read("slot-0", 0, 20_000) + bytes(500))
        self.assertEqual(self.found(), (1, 0, 0))


if __name__ == "__main__":
    unittest.main()

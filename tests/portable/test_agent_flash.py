"""A flash that fails for a moment: what was refused stays refused, and what is in use stays in use."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_agent import slots
from henge_agent.slots import Slots, StorageFailed


class Flash:
    """Storage in memory that fails when it is told to."""

    def __init__(self):
        self.files = {}
        self.failing_reads = 0
        self.failing_writes = []  # places whose next write fails
        self.keeps_failed_writes = False

    def read(self, place, start, count):
        if self.failing_reads:
            self.failing_reads -= 1
            raise OSError(5)
        return self.files.get(place, b"")[start : start + count]

    def pieces(self, place, start, count):
        yield self.read(place, start, count)

    def write(self, place, *parts):
        self.change(place, b"".join(bytes(part) for part in parts))

    def drop(self, place):
        self.change(place, b"")

    def change(self, place, data):
        fails = place in self.failing_writes
        if not fails or self.keeps_failed_writes:
            self.files[place] = data
        if fails:
            self.failing_writes.remove(place)
            raise OSError(5)


def started(flash):
    """The slots of a board that has just started, and what it found."""
    kept = Slots(flash, "porch")
    return kept, kept.load()


def rev_in_use(flash):
    """What a start finds in use: its rev."""
    current = started(flash)[1].current
    return current.rev if current else None


def keep(kept, rev):
    kept.stage(slots.APPLIED, 1, rev, b"document %d" % rev)
    kept.keep()


class TestFlash(unittest.TestCase):
    def test_a_refused_document_stays_out_when_its_dropping_failed_and_another_is_refused(self):
        flash = Flash()
        kept, _ = started(flash)
        keep(kept, 1)
        kept.stage(slots.APPLIED, 1, 2, b"document 2")
        flash.failing_writes = ["slot-1"]
        with self.assertRaises(StorageFailed):
            kept.refuse(slots.REJECTED, 1, 2, b"")
        kept.refuse(slots.REJECTED, 1, 3, b"")
        self.assertEqual(rev_in_use(flash), 1)

    def test_a_document_is_dropped_when_its_refusal_could_not_be_written(self):
        flash = Flash()
        kept, _ = started(flash)
        keep(kept, 1)
        kept.stage(slots.APPLIED, 1, 2, b"document 2")
        flash.failing_writes = ["refused-0"]
        with self.assertRaises(StorageFailed):
            kept.refuse(slots.REJECTED, 1, 2, b"")
        self.assertEqual(rev_in_use(flash), 1)

    def test_a_newer_document_wins_when_the_flash_could_not_be_read_at_a_start(self):
        flash = Flash()
        kept, _ = started(flash)
        keep(kept, 5)
        keep(kept, 6)
        kept = Slots(flash, "porch")
        flash.failing_reads = 1
        with self.assertRaises(StorageFailed):
            kept.load()
        with self.assertRaises(StorageFailed):
            kept.stage(slots.APPLIED, 1, 3, b"document 3")
        keep(kept, 7)
        self.assertEqual(rev_in_use(flash), 7)

    def test_a_trial_is_no_lost_one_when_it_could_not_be_stored(self):
        flash = Flash()
        kept, _ = started(flash)
        keep(kept, 1)
        flash.failing_writes, flash.keeps_failed_writes = ["slot-1"], True
        with self.assertRaises(StorageFailed):
            kept.stage(slots.TRIAL, 1, 2, b"document 2")
        self.assertEqual(rev_in_use(flash), 1)
        self.assertEqual(started(flash)[1].lost_trial, None)


if __name__ == "__main__":
    unittest.main()

"""The boards' storage, on LittleFS 2 over a simulated chip; on CPython, which has none, on the system's files."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import os
import random

from fleetsim.flash import BLOCK_BYTES, Flash, erased
from henge_agent.flash_storage import FlashStorage
from henge_agent.slots import APPLIED, REJECTED, Slots, StorageFailed

try:
    import vfs  # type: ignore[import-not-found]
except ImportError:
    vfs = None


class TestFlashStorage(unittest.TestCase):
    def setUp(self):
        self.top = "/tmp/henge-" + "%08x" % random.getrandbits(30)
        if vfs is None:
            os.mkdir(self.top)
        else:
            self.flash = Flash(erased(16 * BLOCK_BYTES))
            vfs.VfsLfs2.mkfs(self.flash)
            vfs.mount(vfs.VfsLfs2(self.flash), self.top)
        self.storage = FlashStorage(self.top + "/henge")

    def tearDown(self):
        if vfs is not None:
            vfs.umount(self.top)
            return
        for name in os.listdir(self.top + "/henge"):
            os.remove(self.top + "/henge/" + name)
        os.rmdir(self.top + "/henge")
        os.rmdir(self.top)

    def test_what_was_written_in_parts_is_read_in_pieces(self):
        self.storage.write("slot-0", b"0123", b"", b"456789")
        self.assertEqual(self.storage.read("slot-0", 2, 4), b"2345")
        self.assertEqual(self.storage.read("slot-0", 8, 4), b"89")

    def test_a_place_is_empty_when_it_was_never_written_or_was_dropped(self):
        self.assertEqual(self.storage.read("slot-0", 0, 4), b"")
        self.storage.write("slot-0", b"x")
        self.storage.drop("slot-0")
        self.storage.drop("slot-0")
        self.assertEqual(self.storage.read("slot-0", 0, 4), b"")

    def test_a_shorter_content_replaces_a_longer_one(self):
        self.storage.write("slot-0", bytes(9000))
        self.storage.write("slot-0", b"short")
        self.assertEqual(self.storage.read("slot-0", 0, 9000), b"short")

    def test_slots_are_kept_in_it(self):
        slots = Slots(self.storage, "porch")
        slots.load()
        slots.stage(APPLIED, 1, 1, b"signature", b"document")
        slots.keep()
        found = Slots(FlashStorage(self.top + "/henge"), "porch").load()
        assert found.current is not None
        self.assertEqual(slots.payload(found.current, 9, 100), b"document")


if vfs is not None:

    class TestFullFlash(TestFlashStorage):
        """The same, and a file system that is full."""

        def fill(self) -> None:
            for name, size in (("/ballast", BLOCK_BYTES), ("/sand", 64)):
                try:
                    with open(self.top + name, "wb") as file:
                        while True:
                            file.write(bytes(size))
                            file.flush()
                except OSError:
                    pass

        def test_a_document_is_refused_in_plain_words_and_the_one_before_stays(self):
            slots = Slots(self.storage, "porch")
            slots.load()
            slots.stage(APPLIED, 1, 1, b"one")
            slots.keep()
            self.fill()
            with self.assertRaises(StorageFailed) as raised:
                slots.stage(APPLIED, 1, 2, bytes(8000))
            self.assertEqual(str(raised.exception)[:17], "the flash is full")
            found = Slots(self.storage, "porch").load()
            assert found.current is not None
            self.assertEqual((found.current.rev, found.previous, found.damage), (1, None, []))

        def test_it_takes_documents_again_when_there_is_room(self):
            slots = Slots(self.storage, "porch")
            slots.load()
            self.fill()
            with self.assertRaises(StorageFailed):
                slots.stage(APPLIED, 1, 1, bytes(8000))
            os.remove(self.top + "/ballast")
            slots.stage(APPLIED, 1, 1, bytes(8000))
            slots.keep()
            self.assertIsNotNone(Slots(self.storage, "porch").load().current)

        def test_what_was_refused_is_dropped_though_its_refusal_finds_no_room(self):
            slots = Slots(self.storage, "porch")
            slots.load()
            slots.stage(APPLIED, 1, 1, bytes(8000))
            self.fill()
            with self.assertRaises(StorageFailed):
                slots.refuse(REJECTED, 1, 1, bytes(1000))
            self.assertIsNone(Slots(self.storage, "porch").load().current)


if __name__ == "__main__":
    unittest.main()

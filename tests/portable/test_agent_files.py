"""Files in the place of flash, on a PC: what was written is read again, also after a crash while a file was made."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import binascii
import os

from henge_agent.compat import reason
from henge_agent.file_storage import FileStorage
from henge_agent.slots import APPLIED, Slots


class TestFiles(unittest.TestCase):
    def setUp(self):
        self.above = "/tmp/henge-" + binascii.hexlify(os.urandom(6)).decode()
        self.folder = self.above + "/porch"
        self.storage = FileStorage(self.folder)

    def tearDown(self):
        for name in os.listdir(self.folder):
            os.remove(self.folder + "/" + name)
        os.rmdir(self.folder)
        os.rmdir(self.above)

    def test_what_was_written_is_read_in_pieces(self):
        self.storage.write("slot-0", b"0123456789")
        self.assertEqual(self.storage.read("slot-0", 0, 4), b"0123")
        self.assertEqual(self.storage.read("slot-0", 8, 4)[:2], b"89")

    def test_a_place_that_was_never_written_is_empty(self):
        self.assertEqual(self.storage.read("slot-0", 0, 4), b"")

    def test_a_write_keeps_the_size_of_the_file(self):
        self.storage.write("slot-0", b"long and longer")
        size = os.stat(self.folder + "/slot-0")[6]
        self.storage.write("slot-0", b"short")
        self.assertEqual(os.stat(self.folder + "/slot-0")[6], size)

    def test_a_file_that_a_crash_left_empty_is_written_over(self):
        with open(self.folder + "/slot-0", "wb"):
            pass
        slots = Slots(self.storage, "porch")
        self.assertIsNone(slots.load().current)
        slots.stage(APPLIED, 1, 1, b"document")
        self.assertIsNotNone(Slots(FileStorage(self.folder), "porch").load().current)

    def test_nothing_but_the_places_is_left_in_the_folder(self):
        self.storage.write("slot-0", b"x")
        self.assertEqual(list(os.listdir(self.folder)), ["slot-0"])

    def test_a_folder_that_cannot_be_written_to_is_refused_at_once(self):
        self.storage.write("slot-0", b"x")
        for folder in (self.folder + "/slot-0", self.folder + "/slot-0/deeper", "/proc/henge"):
            with self.subTest(folder=folder):
                with self.assertRaises(OSError):
                    FileStorage(folder)

    def test_an_error_is_said_as_the_system_says_it(self):
        self.assertEqual(reason(OSError(20, "text")), "Not a directory")


if __name__ == "__main__":
    unittest.main()

"""The simulated flash chip: it wears, forgets nothing, dies in the middle of an operation, and LittleFS lives on it.

LittleFS is MicroPython's own, so what needs it runs there only.
"""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import os
import random

from fleetsim.flash import BLOCK_BYTES, FileImage, Flash, NotErased, erased

try:
    import vfs  # type: ignore[import-not-found]
except ImportError:
    vfs = None


def chip(blocks=2):
    return Flash(erased(blocks * BLOCK_BYTES))


def content(flash, block=0, count=4):
    buffer = bytearray(count)
    flash.readblocks(block, buffer)
    return bytes(buffer)


class TestChip(unittest.TestCase):
    def test_what_is_programmed_is_read_again(self):
        flash = chip()
        flash.writeblocks(1, b"abcd", 8)
        buffer = bytearray(6)
        flash.readblocks(1, buffer, 7)
        self.assertEqual(bytes(buffer), b"\xffabcd\xff")

    def test_what_was_not_erased_is_not_programmed(self):
        flash = chip()
        flash.writeblocks(0, b"abcd", 0)
        with self.assertRaises(NotErased):
            flash.writeblocks(0, b"abcd", 2)
        flash.ioctl(6, 0)
        flash.writeblocks(0, b"abcd", 2)

    def test_wear_is_counted_by_block(self):
        flash = chip()
        flash.writeblocks(1, bytes(BLOCK_BYTES))
        flash.ioctl(6, 0)
        self.assertEqual((list(flash.erases), list(flash.programs), flash.operations), ([1, 1], [0, 1], 3))

    def test_nothing_of_an_operation_is_done_when_the_power_fails_before_it(self):
        flash = chip()
        flash.cut(after=1)
        flash.writeblocks(0, b"abcd", 0)
        self.assertEqual(flash.ioctl(6, 0), -5)
        self.assertEqual(content(flash.again()), b"abcd")

    def test_a_part_of_an_operation_is_done_when_it_is_torn(self):
        kept = set()
        for seed in range(50):
            flash = chip()
            flash.cut(after=0, seed=seed)
            self.assertEqual(flash.writeblocks(0, bytes(64), 0), -5)
            kept.add(content(flash.again(), 0, 64))
        self.assertGreater(len(kept), 25)
        self.assertNotIn(bytes(64), kept)

    def test_nothing_can_be_done_when_the_power_has_failed(self):
        flash = chip()
        flash.cut(after=0)
        buffer = bytearray(4)
        for _ in range(2):
            self.assertEqual(flash.writeblocks(0, b"abcd", 0), -5)
        self.assertEqual((flash.readblocks(0, buffer), flash.ioctl(6, 0)), (-5, -5))
        self.assertEqual((content(flash.again()), flash.operations), (b"\xff\xff\xff\xff", 1))


class TestFileImage(unittest.TestCase):
    def test_a_chip_in_a_file_is_there_again(self):
        path = "/tmp/henge-flash-" + "%08x" % random.getrandbits(30)
        self.addCleanup(os.remove, path)
        image = FileImage(path, 2 * BLOCK_BYTES)
        Flash(image).writeblocks(1, b"abcd", 0)
        image.close()
        image = FileImage(path)
        self.addCleanup(image.close)
        self.assertEqual((len(image), content(Flash(image), 1)), (2 * BLOCK_BYTES, b"abcd"))


if vfs is not None:
    Lfs = vfs.VfsLfs2

    def write(files, name, data):
        with files.open(name, "wb") as file:
            file.write(data)

    class TestLittleFs(unittest.TestCase):
        def test_a_file_is_the_old_one_when_the_power_fails_while_it_is_written(self):
            flash = chip(16)
            Lfs.mkfs(flash)
            files = Lfs(flash)
            write(files, "a", b"old")
            flash.cut(after=1, seed=1)
            with self.assertRaises(OSError):
                write(files, "a", bytes(9000))
            with Lfs(flash.again()).open("a", "rb") as file:
                self.assertEqual(file.read(), b"old")


if __name__ == "__main__":
    unittest.main()

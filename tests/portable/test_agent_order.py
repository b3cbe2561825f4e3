"""Which documents a board takes, in which order, and what it answers to those that it does not take."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import DEVICE, EPOCH, KEY, FakeDriver, Life, signed, signed_doc
from henge_agent.documents import Documents
from henge_protocol.messages import Desired


class TestOrder(unittest.TestCase):
    def setUp(self):
        self.life = Life()

    def test_a_document_is_stored_applied_and_reported(self):
        self.assertEqual(self.life.takes(signed(1, {"lamp.level": 5})), [(1, "applied")])
        self.assertEqual(self.life.level, 5)
        self.assertEqual(self.life.settings["lamp.level"], 5)

    def test_a_key_that_is_missing_gets_its_default(self):
        self.life.takes(signed(1, {"lamp.level": 5}))
        self.life.takes(signed(2, {}))
        self.assertEqual(self.life.level, 1)

    def test_the_same_document_is_reported_again_and_not_written_again(self):
        self.life.takes(signed(1, {"lamp.level": 5}))
        writes = self.life.flash.writes
        self.assertEqual(self.life.takes(signed(1, {"lamp.level": 5})), [(1, "applied")])
        self.assertEqual(self.life.flash.writes, writes)

    def test_an_older_document_is_answered_with_what_is_in_use(self):
        self.life.takes(signed(5, {"lamp.level": 5}))
        self.assertEqual(self.life.takes(signed(4, {"lamp.level": 4})), [(5, "applied")])
        self.assertEqual(self.life.level, 5)

    def test_a_later_epoch_is_newer_whatever_its_rev(self):
        self.life.takes(signed(5, {"lamp.level": 5}))
        self.assertEqual(self.life.takes(signed(1, {"lamp.level": 6}, EPOCH + 1)), [(1, "applied")])
        self.assertEqual(self.life.takes(signed(9, {"lamp.level": 7}, EPOCH)), [(1, "applied")])
        self.assertEqual(self.life.level, 6)

    def test_a_restart_takes_up_what_was_in_use(self):
        self.life.takes(signed(3, {"lamp.level": 5}))
        again = Life(self.life.flash)
        self.assertEqual((again.rev, again.level), (3, 5))
        self.assertEqual(again.last, (3, "applied"))
        self.assertEqual(again.takes(signed(3, {"lamp.level": 5})), [(3, "applied")])


class TestRefusal(unittest.TestCase):
    def setUp(self):
        self.life = Life()
        self.life.takes(signed(1, {"lamp.level": 5}))

    def errors(self) -> dict:
        return {key: code for key, (code, _) in self.life.wire.reports[-1].errors.items()}

    def test_every_value_that_is_wrong_is_named(self):
        values = {"lamp.level": 101, "net.name": 3, "lamp.colour": "#ffffff"}
        self.assertEqual(self.life.takes(signed(2, values)), [(2, "rejected")])
        expected = {"lamp.level": "out_of_range", "net.name": "wrong_type", "lamp.colour": "unknown_key"}
        self.assertEqual(self.errors(), expected)
        self.assertEqual((self.life.rev, self.life.level), (1, 5))

    def test_the_digest_of_a_refusal_is_that_of_what_is_in_use(self):
        digest = self.life.wire.reports[-1].digest
        self.life.takes(signed(2, {"lamp.level": 101}))
        self.assertEqual(self.life.wire.reports[-1].digest, digest)

    def test_a_refusal_is_remembered_over_a_restart(self):
        self.life.takes(signed(2, {"lamp.level": 101}))
        again = Life(self.life.flash)
        writes = again.flash.writes
        self.assertEqual(again.last, (2, "rejected"))
        self.assertEqual(again.takes(signed(2, {"lamp.level": 101})), [(2, "rejected")])
        self.assertEqual((again.flash.writes, again.level), (writes, 5))

    def test_a_document_older_than_a_refused_one_is_answered_with_what_is_in_use(self):
        self.life.takes(signed(5, {"lamp.level": 101}))
        self.assertEqual(self.life.takes(signed(4, {"lamp.level": 4})), [(1, "applied")])
        self.assertEqual(self.life.takes(signed(5, {"lamp.level": 101})), [(5, "rejected")])

    def test_what_the_hardware_does_not_take_is_rejected_and_the_old_values_are_back(self):
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": FakeDriver.TOO_MUCH})), [(2, "rejected")])
        self.assertEqual(self.errors(), {"lamp.level": "driver_failed"})
        self.assertEqual((self.life.level, self.life.settings["lamp.level"]), (5, 5))
        again = Life(self.life.flash)
        self.assertEqual((again.rev, again.level), (1, 5))
        self.assertEqual(again.takes(signed(3, {"lamp.level": 6})), [(3, "applied")])

    def test_an_unsigned_document_is_answered_and_not_remembered(self):
        for forged in (
            signed(2, {"lamp.level": 9}, key=bytes(32)),
            signed(2, {"lamp.level": 9}, device="attic"),
            Desired(epoch=EPOCH, rev=2, doc=b"\xa0", mac=b"").encode(),
        ):
            writes = self.life.flash.writes
            self.assertEqual(self.life.takes(forged), [(2, "rejected")])
            self.assertEqual(self.errors(), {"": "bad_mac"})
            self.assertEqual(self.life.flash.writes, writes)
            self.assertEqual(self.life.last, (1, "applied"))
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": 6})), [(2, "applied")])

    def test_bytes_that_are_no_message_are_answered_as_revision_0(self):
        for junk in (b"", b"\x00", b"\xff" * 40, b"\xa0", signed(2, {})[:-1], signed(2, {}) + b"\x00"):
            with self.subTest(junk=junk):
                self.assertEqual(self.life.takes(junk), [(0, "rejected")])
                self.assertEqual(self.errors(), {"": "bad_document"})
        self.assertEqual(self.life.rev, 1)

    def test_a_signed_document_that_cannot_be_read_is_remembered(self):
        self.assertEqual(self.life.takes(signed_doc(2, b"\xff")), [(2, "rejected")])
        self.assertEqual(self.errors(), {"": "bad_document"})
        self.assertEqual(Life(self.life.flash).last, (2, "rejected"))

    def test_a_document_over_8_kib_is_too_large(self):
        self.assertEqual(self.life.takes(signed_doc(2, bytes(8 * 1024 + 1))), [(2, "rejected")])
        self.assertEqual(self.errors(), {"": "too_large"})
        self.assertEqual(self.life.takes(bytes(10 * 1024)), [(0, "rejected")])
        self.assertEqual(self.errors(), {"": "too_large"})

    def test_more_problems_than_fit_into_a_report_are_cut(self):
        values = {"a{}.{}".format(n, "b" * 40): True for n in range(120)}
        self.assertEqual(self.life.takes(signed(2, values)), [(2, "rejected")])
        self.assertGreater(len(self.life.wire.reports[-1].errors), 20)

    def test_a_document_that_finds_too_little_memory_is_taken_when_it_comes_again(self):
        self.life.documents = Documents(DEVICE, KEY, ShortOnce(self.life.settings.declared.items()))
        writes = self.life.flash.writes
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": 6})), [(2, "rejected")])
        self.assertEqual((self.errors(), self.life.flash.writes), ({"": "driver_failed"}, writes))
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": 6})), [(2, "applied")])

    def test_a_flash_that_refuses_is_reported_and_tried_again(self):
        self.life.flash.write = broken_write
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": 6})), [(2, "rejected")])
        del self.life.flash.write
        self.assertEqual(self.life.takes(signed(2, {"lamp.level": 6})), [(2, "applied")])


class ShortOnce(dict):
    """Declared settings, in whose check the memory is used up once."""

    is_short = True

    def items(self):
        if self.is_short:
            self.is_short = False
            raise MemoryError()
        return super().items()


def broken_write(place: str, *parts: bytes) -> None:
    raise OSError(28)


if __name__ == "__main__":
    unittest.main()

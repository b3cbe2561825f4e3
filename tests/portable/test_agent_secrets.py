"""Secrets: sealed values are opened on the board, with the cipher that it has in cryptolib."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from agent_fakes import Life, signed

# "porch light" under AES-256-CBC with an IV of 16 zero bytes and the sealing key of agent_fakes.KEY, made with OpenSSL.
SEALED = bytes(16) + bytes.fromhex("285d4aa84329a425b5b44ad42a0ffad3")


class TestSecrets(unittest.TestCase):
    def test_a_sealed_value_is_opened(self):
        life = Life()
        life.takes(signed(1, {"net.password": SEALED}))
        self.assertEqual(life.settings["net.password"], "porch light")

    def test_what_does_not_open_is_a_bad_document(self):
        for sealed in (b"", SEALED[:-1], SEALED[:16], SEALED + bytes(16), bytes(32), SEALED[:-1] + b"\x00"):
            life = Life()
            self.assertEqual(life.takes(signed(1, {"net.password": sealed})), [(1, "rejected")])
            self.assertEqual(life.wire.reports[-1].errors[""][0], "bad_document")

    def test_bytes_where_no_secret_is_declared_have_the_wrong_type(self):
        life = Life()
        life.takes(signed(1, {"net.name": SEALED}))
        self.assertEqual(life.wire.reports[-1].errors["net.name"][0], "wrong_type")


if __name__ == "__main__":
    unittest.main()

"""Signatures: the vectors of RFC 4231, and the layouts that a device signs and names a document by."""

import binascii

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol import signing

# RFC 4231, section 4: key, data, HMAC-SHA-256 (test case 5 gives its first 16 bytes only).
VECTORS = (
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (b"\x0c" * 20, b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        b"This is a test using a larger than block-size key and a larger than block-size data. "
        b"The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
)
KEY = bytes(range(32))


class TestSigning(unittest.TestCase):
    def test_hmac_gives_the_vectors_of_the_rfc(self):
        for number, (key, data, expected) in enumerate(VECTORS):
            with self.subTest(case=number + 1):
                found = binascii.hexlify(signing.hmac_sha256(key, data)).decode()
                self.assertEqual(found[: len(expected)], expected)

    def test_the_parts_are_signed_as_one(self):
        self.assertEqual(signing.hmac_sha256(KEY, b"a", b"", b"bc"), signing.hmac_sha256(KEY, b"abc"))

    def test_a_signature_covers_device_revision_and_document(self):
        signed = b"config\x00porch\x00" + b"\x00\x00\x00\x05" + b"\x00\x00\x00\x00\x00\x00\x01\x02" + b"doc"
        expected = signing.hmac_sha256(KEY, signed)
        self.assertEqual(signing.config_mac(KEY, "porch", 5, 258, b"doc"), expected)
        for other in (
            signing.config_mac(bytes(32), "porch", 5, 258, b"doc"),
            signing.config_mac(KEY, "porc", 5, 258, b"doc"),
            signing.config_mac(KEY, "porch", 6, 258, b"doc"),
            signing.config_mac(KEY, "porch", 5, 259, b"doc"),
            signing.config_mac(KEY, "porch", 5, 258, b"dod"),
        ):
            self.assertFalse(signing.equal(other, expected))

    def test_signature_digest_and_sealing_key_tell_nothing_of_each_other(self):
        digest = signing.document_digest(KEY, b"doc")
        self.assertEqual(len(digest), signing.DIGEST_BYTES)
        self.assertEqual(digest, signing.hmac_sha256(KEY, b"digest\x00doc")[:16])
        self.assertEqual(signing.sealing_key(KEY), signing.hmac_sha256(KEY, b"seal\x00"))
        self.assertEqual(len(signing.sealing_key(KEY)), signing.KEY_BYTES)

    def test_byte_strings_are_equal_when_they_are_the_same(self):
        self.assertTrue(signing.equal(b"", b""))
        self.assertTrue(signing.equal(b"ab", b"ab"))
        for other in (b"", b"a", b"abc", b"aB", b"Ab"):
            self.assertFalse(signing.equal(b"ab", other))


if __name__ == "__main__":
    unittest.main()

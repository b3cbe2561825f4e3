"""CBOR: RFC 8949 appendix A row by row, and the refusals that both ends share."""

import binascii

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol import cbor, small_cbor
from henge_protocol.cbor import MAX_DEPTH, CborError

# Appendix A, the rows that have a place in a message: each is also the one encoding of its value. Long decimals stand
# as calculations, because MicroPython reads them a bit off.
TAKEN = (
    (0, "00"),
    (1, "01"),
    (10, "0a"),
    (23, "17"),
    (24, "1818"),
    (25, "1819"),
    (100, "1864"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-18446744073709551616, "3bffffffffffffffff"),
    (-1, "20"),
    (-10, "29"),
    (-100, "3863"),
    (-1000, "3903e7"),
    (0.0, "f90000"),
    (-0.0, "f98000"),
    (1.0, "f93c00"),
    (1.5, "f93e00"),
    (65504.0, "f97bff"),
    (100000.0, "fa47c35000"),
    (0xFFFFFF * 2.0**104, "fa7f7fffff"),  # 3.4028234663852886e+38
    (2.0**-24, "f90001"),  # 5.960464477539063e-8
    (1 / int("16384"), "f90400"),  # 0.00006103515625, which as a constant of an .mpy is read a bit off
    (-4.0, "f9c400"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("", "60"),
    ("a", "6161"),
    ("IETF", "6449455446"),
    ('"\\', "62225c"),
    ("\u00fc", "62c3bc"),
    ("\u6c34", "63e6b0b4"),
    ("\U00010151", "64f0908591"),
    ([], "80"),
    ([1, 2, 3], "83010203"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    (list(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
    ({}, "a0"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    (["a", {"b": "c"}], "826161a161626163"),
    ({"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}, "a56161614161626142616361436164614461656145"),
)

# The other rows, with the word that small_cbor's refusal has for it.
REFUSED = (
    ("c249010000000000000000", "tag"),  # 2**64
    ("c349010000000000000000", "tag"),
    ("f97c00", "infinity"),
    ("f97e00", "NaN"),
    ("f9fc00", "infinity"),
    ("fa7f800000", "infinity"),
    ("fa7fc00000", "NaN"),
    ("faff800000", "infinity"),
    ("fb7ff0000000000000", "infinity"),
    ("fb7ff8000000000000", "NaN"),
    ("fbfff0000000000000", "infinity"),
    ("f7", "simple"),  # undefined
    ("f0", "simple"),
    ("f8ff", "simple"),
    ("c074323031332d30332d32315432303a30343a30305a", "tag"),
    ("c11a514b67b0", "tag"),
    ("c1fb41d452d9ec200000", "tag"),
    ("d74401020304", "tag"),
    ("d818456449455446", "tag"),
    ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "tag"),
    ("a201020304", "key"),  # {1: 2, 3: 4}
    ("5f42010243030405ff", "indefinite"),
    ("7f657374726561646d696e67ff", "indefinite"),
    ("9fff", "indefinite"),
    ("9f018202039f0405ffff", "indefinite"),
    ("9f01820203820405ff", "indefinite"),
    ("83018202039f0405ff", "indefinite"),
    ("83019f0203ff820405", "indefinite"),
    ("9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", "indefinite"),
    ("bf61610161629f0203ffff", "indefinite"),
    ("826161bf61626163ff", "indefinite"),
    ("bf6346756ef563416d7421ff", "indefinite"),
)

# Not in the appendix: bytes that are no item at all, or more than one.
BROKEN = (
    ("", "ends"),
    ("18", "ends"),
    ("4401", "ends"),
    ("62c3", "ends"),
    ("8201", "ends"),
    ("a16161", "ends"),
    ("9bffffffffffffffff", "ends"),
    ("bbffffffffffffffff", "ends"),
    ("0000", "left over"),
    ("f6f6", "left over"),
    ("1c", "reserved"),
    ("5c", "reserved"),
    ("fc", "simple"),
    ("ff", "simple"),
    ("f820", "simple"),
    ("f815", "simple"),  # true, written too long
    ("a2616101616102", "twice"),
    ("a26161016161f6", "twice"),
    ("a141616101", "key"),
    ("a1f601", "key"),
    ("62c080", "UTF-8"),  # overlong
    ("63eda080", "UTF-8"),  # a surrogate
    ("64f4908080", "UTF-8"),  # past U+10FFFF
    ("61ff", "UTF-8"),
    ("61c3", "UTF-8"),
    ("63e28228", "UTF-8"),
)

# Not the shortest encodings of their values, but encodings.
LONG = (
    ("1800", 0),
    ("190000", 0),
    ("1b0000000000000000", 0),
    ("3800", -1),
    ("590001ff", b"\xff"),
    ("780161", "a"),
    ("7b000000000000000161", "a"),
    ("9800", []),
    ("b90000", {}),
    ("fa3f800000", 1.0),
    ("fb3ff0000000000000", 1.0),
    ("a2616201616102", {"a": 2, "b": 1}),
)

TOO_DEEP = MAX_DEPTH + 1


def raw(text):
    return binascii.unhexlify(text)


# What only a double holds; a board has single floats.
TAKEN_BY_DOUBLES = (
    (0x1199999999999A * 2.0**-52, "fb3ff199999999999a"),  # 1.1
    (0x17E43C8800759C * 2.0**944, "fb7e37e43c8800759c"),  # 1.0e+300
    (-0x10666666666666 * 2.0**-50, "fbc010666666666666"),  # -4.1
)
HAS_DOUBLES = float("16777217") != float("16777216")  # a constant would be what the compiler has


class TestCbor(unittest.TestCase):
    def test_a_row_of_the_appendix_is_read_and_written(self):
        for value, text in TAKEN + (TAKEN_BY_DOUBLES if HAS_DOUBLES else ()):
            with self.subTest(row=text):
                found = cbor.decode(raw(text))
                self.assertEqual(found, value)
                self.assertIs(type(found), type(value))
                self.assertEqual(cbor.encode(value), raw(text))
                self.assertEqual(cbor.encode(found), raw(text))
                self.assertEqual(small_cbor.encode(value, MAX_DEPTH), raw(text))

    def test_a_row_of_the_appendix_is_refused_for_its_reason(self):
        for text, reason in REFUSED + BROKEN:
            with self.subTest(row=text):
                self.assertRaises(CborError, cbor.decode, raw(text))
                with self.assertRaises(CborError) as caught:
                    small_cbor.decode(raw(text), MAX_DEPTH)
                self.assertIn(reason, str(caught.exception))

    def test_an_item_is_read_though_it_is_written_longer_than_needed(self):
        for text, value in LONG:
            with self.subTest(row=text):
                self.assertEqual(cbor.decode(raw(text)), value)

    def test_the_keys_of_a_map_are_written_in_the_order_of_their_encodings(self):
        value = {"aa": 1, "b": 2, "": 3, "a": 4, "\u00fc": 5}
        self.assertEqual(cbor.encode(value), raw("a5" + "6003" + "616104" + "616202" + "62616101" + "62c3bc05"))

    def test_eight_containers_inside_one_another_are_enough(self):
        for head, tail in (("81", "01"), ("a16161", "01")):
            data = raw(head * MAX_DEPTH + tail)
            self.assertEqual(cbor.encode(cbor.decode(data)), data)
            for deeper in (TOO_DEEP, 200):
                self.assertRaises(CborError, cbor.decode, raw(head * deeper + tail))

    def test_a_value_is_refused_when_it_is_nested_too_deep_or_in_itself(self):
        value = 1
        for _ in range(TOO_DEEP):
            value = [value]
        endless = []
        endless.append(endless)
        self.assertRaises(CborError, cbor.encode, value)
        self.assertRaises(CborError, cbor.encode, endless)

    def test_a_value_is_refused_when_a_message_has_no_place_for_it(self):
        numbers = (float("inf"), float("-inf"), float("nan"), 1 << 64, -(1 << 64) - 1)
        for value in numbers + ({1: 2}, {b"a": 1}, {None: 1}, object(), bytearray(b"a")):
            with self.subTest(value=repr(value)):
                self.assertRaises(CborError, cbor.encode, value)
                self.assertRaises(CborError, cbor.encode, {"a": [value]})

    def test_any_buffer_can_be_read(self):
        for kind in (bytes, bytearray, memoryview):
            self.assertEqual(cbor.decode(kind(raw("820102"))), [1, 2])


if __name__ == "__main__":
    unittest.main()

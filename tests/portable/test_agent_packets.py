"""MQTT packets: what a client writes, byte by byte, and what it reads, in pieces of any size."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_agent import packets
from henge_agent.packets import BadPacket, Parser

LIMIT = 300


class TestWriting(unittest.TestCase):
    def test_connect_asks_for_a_clean_session_with_a_retained_will(self):
        packet = packets.connect("porch", "porch", "word", "t", b"offline", 30)
        expected = b"\x10\x2a\x00\x04MQTT\x04\xee\x00\x1e\x00\x05porch\x00\x01t\x00\x07offline\x00\x05porch\x00\x04word"
        self.assertEqual(packet, expected)

    def test_publish_has_a_packet_id_at_qos_1_only(self):
        self.assertEqual(packets.publish("t", b"x"), b"\x30\x04\x00\x01tx")
        self.assertEqual(packets.publish("t", b"x", 258), b"\x32\x06\x00\x01t\x01\x02x")
        self.assertEqual(packets.publish("t", b"", 1, True), b"\x33\x05\x00\x01t\x00\x01")

    def test_a_length_over_127_takes_two_bytes(self):
        self.assertEqual(packets.publish("t", bytes(124))[:2], b"\x30\x7f")
        self.assertEqual(packets.publish("t", bytes(125))[:3], b"\x30\x80\x01")

    def test_subscribe_and_puback(self):
        self.assertEqual(packets.subscribe(["a", "b"], 1), b"\x82\x0a\x00\x01\x00\x01a\x01\x00\x01b\x01")
        self.assertEqual(packets.puback(258), b"\x40\x02\x01\x02")


class TestReading(unittest.TestCase):
    def test_packets_are_the_same_whatever_pieces_they_come_in(self):
        stream = b"\x20\x02\x00\x00" + packets.publish("t", bytes(200), 7) + b"\xd0\x00" + packets.puback(3)
        for size in (1, 2, 3, 7, 100, len(stream)):
            parser = Parser(LIMIT)
            found = []
            for at in range(0, len(stream), size):
                found.extend(parser.feed(stream[at : at + size]))
            self.assertEqual([p.kind for p in found], [2, 3, 13, 4])
            message = packets.read_message(found[1])
            self.assertEqual((message.topic, message.payload, message.packet_id), ("t", bytes(200), 7))

    def test_an_oversized_packet_is_read_past_and_named(self):
        parser = Parser(LIMIT)
        stream = packets.publish("a/topic", bytes(10000), 9) + packets.publish("t", b"x")
        first, second = parser.feed(stream)
        self.assertTrue(first.oversized)
        self.assertLess(len(first.body), LIMIT)
        message = packets.read_message(first)
        self.assertEqual((message.topic, message.payload, message.packet_id), ("a/topic", None, 9))
        self.assertEqual(packets.read_message(second).payload, b"x")

    def test_what_is_not_mqtt_is_refused(self):
        with self.assertRaises(BadPacket):
            Parser(LIMIT).feed(b"\x30\xff\xff\xff\xff\x01")
        for bad in (
            b"\x34\x05\x00\x01t\x00\x01",
            b"\x32\x03\x00\x01t",
            b"\x30\x02\x00\x09",
            b"\x30\x01\x00",
            b"\x30\x00",
        ):
            with self.subTest(bad=bad):
                (packet,) = Parser(LIMIT).feed(bad)
                with self.assertRaises(BadPacket):
                    packets.read_message(packet)

    def test_only_a_connack_answers_connect(self):
        (packet,) = Parser(LIMIT).feed(b"\x20\x02\x00\x05")
        self.assertEqual(packets.read_connack(packet), 5)
        for bad in (b"\x30\x02\x00\x00", b"\x20\x01\x00"):
            (packet,) = Parser(LIMIT).feed(bad)
            with self.assertRaises(BadPacket):
                packets.read_connack(packet)


if __name__ == "__main__":
    unittest.main()

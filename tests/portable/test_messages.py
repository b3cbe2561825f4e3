"""Messages: what goes in comes out, within the limits of its topic; what is not a message is refused, and says why."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_protocol import cbor, messages, telemetry, topics
from henge_protocol.errors import BadMessage

REPORT = {"epoch": 5, "rev": 7, "state": "applied", "digest": b"d" * 16, "errors": {}, "boot": 9, "n": 1}
HELLO = {
    "proto": 1,
    "uid": b"\xde\xad\xbe\xef",
    "agent": "0.1.0",
    "board": "pc",
    "runtime": "micropython 1.25.0",
    "caps": b"",
    "epoch": 5,
    "rev": 7,
    "digest": b"d" * 16,
    "last": None,
    "boot": 9,
    "reset": "power",
    "free": 100000,
    "sleep_s": None,
    "found": None,
    "rssi": None,
    "safe": None,
}

# Each class with fields that are right, and for each field some that are not.
EXAMPLES = (
    (
        messages.Desired,
        {"epoch": (1 << 32) - 1, "rev": (1 << 64) - 1, "doc": b"doc", "mac": b"m" * 32},
        {"epoch": (1 << 32, -1, True, 1.0, None), "rev": (-1, False, "7"), "doc": ("doc", None, {}), "mac": (None, 7)},
    ),
    (
        messages.Document,
        {"schema": "lamp", "version": 3, "values": {"led.on": True, "b": 1, "c": 0.5, "d": "x", "e": b"sealed"}},
        {
            "schema": (7, None, "x" * 1025),
            "version": (-1, None),
            "values": (None, [], {"A": 1}, {"a": None}, {"a": [1]}),
        },
    ),
    (
        messages.Report,
        REPORT,
        {
            "epoch": (1 << 32,),
            "rev": (-1,),
            "state": ("done", None, 7, []),
            "digest": ("d", None),
            "errors": (None, [], {"a": "b"}, {"a": ["b"]}, {"a": ["b", 7]}, {"a": ["b", "c", "d"]}),
            "boot": (1 << 32, None),
            "n": (-1, None),
        },
    ),
    (
        messages.Hello,
        HELLO,
        {
            "proto": (None, "1"),
            "uid": ("x", None),
            "agent": (None,),
            "board": (None,),
            "runtime": (None,),
            "caps": (None, ""),
            "epoch": (1 << 32, None),
            "rev": (None,),
            "digest": (None,),
            "last": (7, {}, {"epoch": 5}, dict(REPORT, state="done")),
            "boot": (1 << 32,),
            "reset": (None,),
            "free": (-1, None),
            "sleep_s": (-1, 0.5),
            "found": (1, b"text"),
            "rssi": (True, "strong"),
            "safe": (1, "yes"),
        },
    ),
    (
        messages.Telemetry,
        {"boot": 9, "t": 123456, "v": {"temperature": 21.5, "door": True, "n": 7, "mode": "x"}},
        {"boot": (1 << 32,), "t": (-1, 0.5), "v": (None, {"A": 1}, {"a": None}, {"a": b"x"}, {"a": []})},
    ),
    (telemetry.StoredReading, {"age": 1000, "v": {"a": 1}}, {"age": (-1, None), "v": (None, {"a": None})}),
    (
        messages.Log,
        {"boot": 9, "t": 1, "level": "info", "text": "hello"},
        {"boot": (None,), "t": (None,), "level": (7,), "text": (None, 7)},
    ),
    (
        messages.Command,
        {"id": "1f", "name": "identify", "args": {"for": 5}},
        {"id": (None, 7), "name": (None,), "args": (None, [])},
    ),
    (messages.Result, {"id": "1f", "ok": True, "data": [None, {"a": 1}]}, {"id": (7,), "ok": (1, None)}),
    (messages.Announcement, {"settings": {"led.on": {"type": "bool"}}}, {"settings": (None, [])}),
)


class TestMessages(unittest.TestCase):
    def test_a_message_comes_back_as_it_went(self):
        for kind, fields, _ in EXAMPLES:
            with self.subTest(kind=kind.__name__):
                message = kind(**fields)
                self.assertEqual(kind.decode(message.encode()), message)
                self.assertEqual(message.fields(), fields)
                self.assertEqual(cbor.decode(message.encode()), fields)

    def test_a_field_that_is_wrong_is_refused_by_name(self):
        for kind, fields, wrong in EXAMPLES:
            for name, values in wrong.items():
                for value in values:
                    changed: dict = dict(fields)
                    changed[name] = value
                    with self.subTest(kind=kind.__name__, name=name, value=repr(value)[:40]):
                        self.assertRefused(kind, cbor.encode(changed), name)
                        with self.assertRaises(BadMessage):
                            kind(**changed).encode()

    def test_a_field_that_is_missing_is_refused_unless_it_may_be_null(self):
        for kind, fields, _ in EXAMPLES:
            for name in fields:
                less = dict(fields)
                del less[name]
                with self.subTest(kind=kind.__name__, name=name):
                    if name in ("last", "sleep_s", "data", "found", "rssi", "safe"):
                        self.assertIsNone(getattr(kind.decode(cbor.encode(less)), name))
                    else:
                        self.assertRefused(kind, cbor.encode(less), name)

    def test_a_field_of_a_newer_version_is_left_out(self):
        for kind, fields, _ in EXAMPLES:
            with self.subTest(kind=kind.__name__):
                self.assertEqual(kind.decode(cbor.encode(dict(fields, newer=1))), kind(**fields))

    def test_a_payload_that_is_no_map_is_refused(self):
        for kind, _, _ in EXAMPLES:
            for payload in (b"", b"\xf6", b"\x80", b"\x01", b"online", b"\xa0\x00", b"\xbf\xff"):
                with self.subTest(kind=kind.__name__, payload=payload):
                    self.assertRefused(kind, payload, kind.NAME)

    def test_a_message_may_be_as_large_as_its_topic_allows_and_no_larger(self):
        result = messages.Result(id="", ok=True, data=b"")
        room = topics.MAX_BYTES[topics.RESULT] - len(result.encode()) - 2  # the length of 16 KiB takes two bytes more
        result.data = bytes(room)
        self.assertEqual(len(result.encode()), topics.MAX_BYTES[topics.RESULT])
        self.assertEqual(messages.Result.decode(result.encode()), result)
        result.data = bytes(room + 1)
        self.assertRaises(BadMessage, result.encode)
        self.assertRefused(messages.Result, cbor.encode(result.fields()), "16385 bytes; at most 16384")

    def test_a_document_is_at_most_8_kib(self):
        self.assertEqual(messages.Document.MAX_BYTES, 8192)
        self.assertRefused(messages.Document, bytes(8193), "at most 8192")

    def test_a_value_that_cbor_has_no_place_for_is_refused_when_it_is_written(self):
        for value in (float("nan"), float("inf"), 1 << 64):
            reading = messages.Telemetry(boot=1, t=1, v={"a": value})
            self.assertRaises(BadMessage, reading.encode)

    def test_a_field_that_there_is_not_cannot_be_set(self):
        with self.assertRaises(TypeError):
            messages.Command(id="1", name="read", args={}, when=7)

    def test_telemetry_is_one_reading_or_a_list_of_stored_ones(self):
        reading = messages.Telemetry(boot=1, t=2, v={"a": 1})
        stored = [telemetry.StoredReading(age=n, v={"a": n}) for n in (5, 6)]
        self.assertEqual(telemetry.decode_telemetry(reading.encode()), [reading])
        self.assertEqual(telemetry.decode_telemetry(cbor.encode([one.fields() for one in stored])), stored)
        for payload in (b"", b"\x81\x01", cbor.encode([reading.fields()]), bytes(4097)):
            self.assertRaises(BadMessage, telemetry.decode_telemetry, payload)

    def assertRefused(self, kind, payload: bytes, word: str) -> None:
        with self.assertRaises(BadMessage) as caught:
            kind.decode(payload)
        self.assertIn(word, str(caught.exception))


if __name__ == "__main__":
    unittest.main()

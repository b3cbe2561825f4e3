"""Bytes that break a rule of MQTT 3.1.1 or a limit of ours, each sent to our broker and to mosquitto; and odd ones that
break none. A list, and nothing that runs.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.broker import wire
from tests.broker.wire import field, packet


class Case(NamedTuple):
    """What is sent, and the statements of MQTT 3.1.1 that it breaks (numbers as in statements.toml, or a section).

    `alone` says why we close where mosquitto does not, or do not where it does.
    """

    name: str
    sent: bytes
    rules: str = ""
    alone: str = ""


def connect_body(flags: int, *fields: str | bytes, keep_alive: int = 0) -> bytes:
    """A CONNECT that announces with `flags` what it likes and has the `fields` it likes."""
    head = field("MQTT") + bytes([4, flags]) + keep_alive.to_bytes(2, "big")
    return packet(0x10, head + b"".join(map(field, fields)))


OVERLONG = b"\xc0\xaf"  # "/", in two bytes
SURROGATE = b"\xed\xa0\x80"
BEYOND = b"\xf4\x90\x80\x80"  # U+110000
TRUNCATED = b"\xe2\x82"
NOT_UTF8 = [
    ("a stray byte", b"a\xff"),
    ("an overlong encoding", OVERLONG),
    ("a surrogate", SURROGATE),
    ("a code point beyond Unicode", BEYOND),
    ("a truncated sequence", TRUNCATED),
]
UNFIT = [
    ("U+0000", "a\0b"),
    ("U+0001", "a\x01"),
    ("U+001F", "a\x1f"),
    ("U+007F", "a\x7f"),
    ("U+009F", "a\x9f"),
    ("U+FDD0", "a\ufdd0"),
    ("U+FFFF", "a\uffff"),
    ("U+1FFFE", "a\U0001fffe"),
]

# Where text stands in a packet: the statement that asks for UTF-8 there, and the packet with the text in it.
BEFORE_FIELDS = {
    "client id": ("3.1.3-4", lambda raw: connect_body(0x02, raw)),
    "will topic": ("3.1.3-10", lambda raw: connect_body(0x06, "c", raw, "")),
    "user name": ("3.1.3-11", lambda raw: connect_body(0x82, "c", raw)),
}
AFTER_FIELDS = {
    "PUBLISH topic": ("3.3.2-1", lambda raw: wire.publish(raw)),
    "SUBSCRIBE filter": ("3.8.3-1", lambda raw: wire.subscribe((raw, 0))),
    "UNSUBSCRIBE filter": ("3.10.3-1", lambda raw: wire.unsubscribe(raw)),
}


def bad_text(fields: dict) -> list[Case]:
    """Each of `fields` with each kind of text that must not be."""
    cases = []
    for place, (rule, make) in fields.items():
        for what, raw in NOT_UTF8:
            cases.append(Case(f"{place} with {what}", make(raw), f"1.5.3-1 {rule}"))
        for what, text in UNFIT:
            rules = {"U+0000": "1.5.3-2" + (" 4.7.3-2" if "topic" in place or "filter" in place else "")}
            cases.append(Case(f"{place} with {what}", make(text.encode()), rules.get(what, "1.5.3")))
    return cases


# What a client may send on a connection, PUBLISH apart: its right first byte, a body, the statement on its flags.
FLAGGED = {
    "second CONNECT": (0x10, b"", ""),
    "PUBACK": (0x40, b"\0\1", ""),
    "PUBREC": (0x50, b"\0\1", ""),
    "PUBREL": (0x62, b"\0\1", "3.6.1-1"),
    "PUBCOMP": (0x70, b"\0\1", ""),
    "SUBSCRIBE": (0x82, b"\0\1\0\1a\0", "3.8.1-1"),
    "UNSUBSCRIBE": (0xA2, b"\0\1\0\1a", "3.10.1-1"),
    "PINGREQ": (0xC0, b"", ""),
    "DISCONNECT": (0xE0, b"", "3.14.1-1"),
}


def wrong_flags() -> list[Case]:
    """Every other first byte of those packets."""
    return [
        Case(f"{name} with flags {flags:04b}", packet(right & 0xF0 | flags, body), f"2.2.2-1 2.2.2-2 {rule}")
        for name, (right, body, rule) in FLAGGED.items()
        for flags in range(16)
        if flags != right & 15
    ]


BEFORE_CONNECT = [
    *[
        Case(f"{name} first", sent, "3.1.0-1")
        for name, sent in {
            "PUBLISH": wire.publish("a"),
            "SUBSCRIBE": wire.subscribe(("a", 0)),
            "PINGREQ": wire.PINGREQ,
            "DISCONNECT": wire.DISCONNECT,
            "PUBACK": wire.puback(1),
            "CONNACK": packet(0x20, b"\0\0"),
            "HTTP": b"GET / HTTP/1.1\r\n\r\n",
            "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
            "type 0": packet(0x00),
            "type 15": packet(0xF0),
        }.items()
    ],
    *[
        Case(f"CONNECT with flags {flags:04b}", bytes([0x10 | flags]) + wire.connect()[1:], "2.2.2-1 2.2.2-2 3.1.4-1")
        for flags in range(1, 16)
    ],
    Case("another protocol's name", wire.connect(name="AMQP"), "3.1.2-1"),
    Case("no protocol name", wire.connect(name=""), "3.1.2-1"),
    Case("protocol name in small letters", wire.connect(name="mqtt"), "3.1.2-1"),
    Case("more than the protocol's name", wire.connect(name="MQTTX"), "3.1.2-1"),
    Case("reserved connect flag", wire.connect(flags=0x01), "3.1.2-3"),
    Case("will QoS 1 without a will", connect_body(0x0A, "c"), "3.1.2-11 3.1.2-13"),
    Case("will QoS 2 without a will", connect_body(0x12, "c"), "3.1.2-11 3.1.2-13"),
    Case("will retain without a will", connect_body(0x22, "c"), "3.1.2-11 3.1.2-15"),
    Case("will QoS 3", wire.connect(will=("a", b"", 3, False)), "3.1.2-14"),
    Case("will flag, nothing of a will", connect_body(0x06, "c"), "3.1.2-9"),
    Case("will flag, topic only", connect_body(0x06, "c", "a"), "3.1.2-9"),
    Case("will without its flag", connect_body(0x02, "c", "a", "x"), "3.1.2-11"),
    Case("will on +", wire.connect(will=("a/+", b"", 0, False)), "4.7.1-1"),
    Case("will on #", wire.connect(will=("#", b"", 0, False)), "4.7.1-1"),
    Case("will on nothing", wire.connect(will=("", b"", 0, False)), "4.7.3-1"),
    Case("user name flag, no user name", connect_body(0x82, "c"), "3.1.2-19"),
    Case("user name without its flag", connect_body(0x02, "c", "ann"), "3.1.2-18"),
    Case("password flag, no password", connect_body(0xC2, "c", "ann"), "3.1.2-21"),
    Case("password without its flag", connect_body(0x82, "c", "ann", "x"), "3.1.2-20"),
    Case("password flag without a user name", connect_body(0x42, "c", "x"), "3.1.2-22"),
    Case("no client id", packet(0x10, field("MQTT") + b"\4\2\0\0"), "3.1.3-3"),
    Case("client id longer than the packet", packet(0x10, field("MQTT") + b"\4\2\0\0\0\5ab"), "3.1.3-3"),
    Case("half a client id length", packet(0x10, field("MQTT") + b"\4\2\0\0\0"), "3.1.3-3"),
    Case("no keep-alive", packet(0x10, field("MQTT") + b"\4\2"), "3.1.4-1"),
    Case("half a keep-alive", packet(0x10, field("MQTT") + b"\4\2\0"), "3.1.4-1"),
    Case("no flags", packet(0x10, field("MQTT") + b"\4"), "3.1.4-1"),
    Case("no level", packet(0x10, field("MQTT")), "3.1.4-1"),
    Case("no body", packet(0x10), "3.1.4-1"),
    Case("bytes after the last field", packet(0x10, wire.connect()[2:] + b"x"), "3.1.4-1"),
    Case("refused id and a malformed will", connect_body(0x04, "", "#", ""), "3.1.4-1"),
    Case(
        "over the size of a CONNECT",
        wire.connect(will=("a", bytes(20_000), 0, False)),
        "2.2.3",
        alone="limit connect_size",
    ),
    Case("remaining length of five bytes", b"\x10\x80\x80\x80\x80\x01", "2.2.3"),
    *bad_text(BEFORE_FIELDS),
]

AFTER_CONNECT = [
    Case("second CONNECT", wire.connect(), "3.1.0-2 4.8.0-1"),
    Case("second CONNECT of another client", wire.connect("other"), "3.1.0-2"),
    Case("second CONNECT of another level", wire.connect(level=5), "3.1.0-2"),
    Case("type 0", packet(0x00), "4.8.0-1"),
    Case("type 15", packet(0xF0), "4.8.0-1"),
    Case("CONNACK", packet(0x20, b"\0\0"), "4.8.0-1"),
    Case("SUBACK", packet(0x90, b"\0\1\0"), "4.8.0-1"),
    Case("UNSUBACK", packet(0xB0, b"\0\1"), "4.8.0-1"),
    Case("PINGRESP", packet(0xD0), "4.8.0-1"),
    *wrong_flags(),
    *[
        Case(f"PUBLISH with QoS 3, flags {flags:04b}", bytes([0x30 | flags]) + wire.publish("a", qos=1)[1:], "3.3.1-4")
        for flags in (0b0110, 0b0111, 0b1110, 0b1111)
    ],
    Case("PUBLISH with DUP at QoS 0", b"\x38" + wire.publish("a")[1:], "3.3.1-2"),
    Case("PUBLISH with DUP at QoS 0, retained", b"\x39" + wire.publish("a")[1:], "3.3.1-2"),
    Case("PUBLISH to +", wire.publish("a/+"), "3.3.2-2 4.7.1-1"),
    Case("PUBLISH to + in a level", wire.publish("a+"), "3.3.2-2 4.7.1-1"),
    Case("PUBLISH to #", wire.publish("#"), "3.3.2-2 4.7.1-1"),
    Case("PUBLISH to nothing", wire.publish(""), "4.7.3-1"),
    Case("PUBLISH over the topic length", wire.publish("a" * 1025), "4.7.3-3", alone="limit topic_length"),
    Case("PUBLISH to 65,535 bytes", wire.publish("a" * 65535), "4.7.3-3", alone="limit topic_length"),
    Case("PUBLISH over the topic depth", wire.publish("/" * 32), "4.7", alone="limit topic_depth"),
    Case("PUBLISH with packet id 0, QoS 1", wire.publish("a", qos=1, packet_id=0), "2.3.1-1"),
    Case("PUBLISH with packet id 0, QoS 2", wire.publish("a", qos=2, packet_id=0), "2.3.1-1"),
    Case("PUBLISH without a packet id, QoS 1", packet(0x32, field("a")), "2.3.1-1"),
    Case("PUBLISH without a packet id, QoS 2", packet(0x34, field("a")), "2.3.1-1"),
    Case("PUBLISH with half a packet id", packet(0x32, field("a") + b"\0"), "2.3.1-1"),
    Case("PUBLISH without a topic", packet(0x30), "3.3.2-1"),
    Case("PUBLISH with half a topic length", packet(0x30, b"\0"), "3.3.2-1"),
    Case("PUBLISH shorter than its topic", packet(0x30, b"\0\x05abc"), "3.3.2-1"),
    Case("PUBLISH over the packet size", packet(0x30, field("a") + bytes(256 * 1024)), "2.2.3"),
    Case("PUBLISH of five bytes of length", b"\x30\xff\xff\xff\xff\x01", "2.2.3"),
    Case("PINGREQ of five bytes of length", b"\xc0\x80\x80\x80\x80\x00", "2.2.3"),
    *[
        Case(f"{name} {what}", packet(first, body), rules)
        for name, first in (("PUBACK", 0x40), ("PUBREC", 0x50), ("PUBREL", 0x62), ("PUBCOMP", 0x70))
        for what, body, rules in (
            ("of nothing", b"", "4.8.0-1"),
            ("of one byte", b"\1", "4.8.0-1"),
            ("of three bytes", b"\0\1\0", "4.8.0-1"),
            ("of packet id 0", b"\0\0", "2.3.1-1"),
        )
    ],
    Case("SUBSCRIBE of nothing", packet(0x82), "2.3.1-1 3.8.3-3"),
    Case("SUBSCRIBE with half a packet id", packet(0x82, b"\0"), "2.3.1-1"),
    Case("SUBSCRIBE with packet id 0", wire.subscribe(("a", 0), packet_id=0), "2.3.1-1"),
    Case("SUBSCRIBE without a filter", packet(0x82, b"\0\1"), "3.8.3-3"),
    Case("SUBSCRIBE with half a filter length", packet(0x82, b"\0\1\0"), "3.8.3-3"),
    Case("SUBSCRIBE shorter than its filter", packet(0x82, b"\0\1\0\5a\0"), "3.8.3-3"),
    Case("SUBSCRIBE without a QoS", packet(0x82, b"\0\1" + field("a")), "3.8.3-3"),
    Case("SUBSCRIBE without the second QoS", packet(0x82, b"\0\1" + field("a") + b"\0" + field("b")), "3.8.3-3"),
    *[
        Case(f"SUBSCRIBE with options {byte:#04x}", wire.subscribe(("a", byte)), "3.8.3-4")
        for byte in (3, 4, 8, 0x41, 0x80)
    ],
    Case("SUBSCRIBE to nothing", wire.subscribe(("", 0)), "4.7.3-1"),
    Case("SUBSCRIBE with # in the middle", wire.subscribe(("a/#/b", 0)), "4.7.1-2"),
    Case("SUBSCRIBE with # in a level", wire.subscribe(("a#", 0)), "4.7.1-2"),
    Case("SUBSCRIBE with ##", wire.subscribe(("a/##", 0)), "4.7.1-2"),
    Case("SUBSCRIBE with # and then /", wire.subscribe(("#/", 0)), "4.7.1-2"),
    Case("SUBSCRIBE with + in a level", wire.subscribe(("a+/b", 0)), "4.7.1-3"),
    Case("SUBSCRIBE with ++", wire.subscribe(("a/++", 0)), "4.7.1-3"),
    Case("SUBSCRIBE, second filter wrong", wire.subscribe(("a", 0), ("a#", 0)), "4.7.1-2"),
    Case("SUBSCRIBE over the filter length", wire.subscribe(("a" * 1025, 0)), "4.7.3-3", alone="limit topic_length"),
    Case("SUBSCRIBE over the filter depth", wire.subscribe(("/" * 32, 0)), "4.7", alone="limit topic_depth"),
    Case("UNSUBSCRIBE of nothing", packet(0xA2), "2.3.1-1 3.10.3-2"),
    Case("UNSUBSCRIBE with packet id 0", wire.unsubscribe("a", packet_id=0), "2.3.1-1"),
    Case("UNSUBSCRIBE without a filter", packet(0xA2, b"\0\1"), "3.10.3-2"),
    Case("UNSUBSCRIBE with half a filter length", packet(0xA2, b"\0\1\0"), "3.10.3-2"),
    Case("UNSUBSCRIBE shorter than its filter", packet(0xA2, b"\0\1\0\5a"), "3.10.3-2"),
    Case("UNSUBSCRIBE from nothing", wire.unsubscribe(""), "4.7.3-1"),
    Case("UNSUBSCRIBE with # in a level", wire.unsubscribe("a#"), "4.7.1-2"),
    Case("UNSUBSCRIBE with + in a level", wire.unsubscribe("a+"), "4.7.1-3"),
    Case("PINGREQ with a body", packet(0xC0, b"x"), "4.8.0-1"),
    Case("DISCONNECT with a body", packet(0xE0, b"x"), "4.8.0-1"),
    *bad_text(AFTER_FIELDS),
]

LEGAL = [
    Case("U+FEFF in a topic", wire.publish("\ufeffa"), "1.5.3-3"),
    Case("a topic of nothing but /", wire.publish("/")),
    Case("a topic with empty levels", wire.publish("//a//")),
    Case("a topic with spaces", wire.publish(" a b ")),
    Case("a topic that begins with $", wire.publish("$other/a")),
    Case("a topic of every plane", wire.publish("é€𝄞\U0010fffd")),
    Case("an empty message", wire.publish("a")),
    Case("a retained empty message", wire.publish("a", retain=True)),
    Case("a message of any bytes", wire.publish("a", bytes(range(256)))),
    Case("QoS 1 with DUP", bytes([0x3A]) + wire.publish("a", qos=1)[1:]),
    Case("QoS 1, retained, with DUP", bytes([0x3B]) + wire.publish("a", qos=1)[1:]),
    Case("the highest packet id", wire.publish("a", qos=1, packet_id=65535)),
    Case(
        "the same QoS 2 message three times",
        wire.publish("a", qos=2) + wire.publish("a", qos=2, dup=True) * 2,
        "4.3.3-2",
        alone="4.3.3-2 wants a PUBREC each time; mosquitto closes at the third",
    ),
    Case("PUBACK that nobody waits for", wire.puback(9)),
    Case("PUBREC that nobody waits for", packet(0x50, b"\0\x09")),
    Case("PUBREL that nobody waits for", packet(0x62, b"\0\x09")),
    Case("PUBCOMP that nobody waits for", packet(0x70, b"\0\x09")),
    Case("UNSUBSCRIBE from what is not subscribed", wire.unsubscribe("never")),
    Case("the same filter twice", wire.subscribe(("a", 0), ("a", 1))),
    Case("every form of filter", wire.subscribe(("#", 0), ("+", 1), ("/#", 2), ("+/+/#", 0), ("$SYS/#", 0), ("/", 0))),
    Case("remaining length with a byte to spare", b"\xc0\x80\x00"),
    Case("remaining length with three bytes to spare", b"\xc0\x80\x80\x80\x00"),
]

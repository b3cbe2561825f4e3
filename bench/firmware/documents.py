"""Documents: the largest ones that a board takes, with the settings that they are about. Pure."""

from henge_agent import packets
from henge_protocol import signing, topics
from henge_protocol.messages import Desired, Document
from henge_protocol.verdicts import MAX_DOCUMENT

DEVICE = "porch"
KEY = bytes(range(32))
EPOCH = 7


def long_texts() -> tuple[dict, dict]:
    """Declarations and values: 30 texts of up to 256 bytes, beside the lamp's."""
    settings = {f"sign.line_{number}": {"type": "string", "default": ""} for number in range(30)}
    return settings, _filled({"led.brightness": 40}, list(settings), 256)


def many_values() -> tuple[dict, dict]:
    """40 numbers and 60 short texts: more objects of the same bytes, and more declarations to hold."""
    numbers = {f"zone.level_{number}": {"type": "int", "min": 0, "max": 1000000, "default": 0} for number in range(40)}
    texts = {f"zone.name_{number}": {"type": "string", "max_length": 128, "default": ""} for number in range(60)}
    values = {key: 123456 + number for number, key in enumerate(numbers)}
    return numbers | texts, _filled(values, list(texts), 128)


SHAPES = {"30 long texts": long_texts, "100 short values": many_values}


def encoded(values: dict) -> bytes:
    """The document as it is signed."""
    return Document(schema="lamp", version=1, values=values).encode()


def packet(rev: int, values: dict) -> bytes:
    """The PUBLISH in which it comes to the board."""
    doc = encoded(values)
    desired = Desired(epoch=EPOCH, rev=rev, doc=doc, mac=signing.config_mac(KEY, DEVICE, EPOCH, rev, doc))
    return packets.publish(topics.build(DEVICE, topics.DESIRED), desired.encode(), 1)


def _filled(values: dict, keys: list[str], most: int) -> dict:
    """With a text under each of the keys, so that the document has just the size that is allowed."""
    values = values | dict.fromkeys(keys, "")
    for at, key in enumerate(keys):
        share = (MAX_DOCUMENT - len(encoded(values))) // (len(keys) - at)
        values[key] = "x" * max(0, min(most, share - 3))  # the length of a text takes up to three bytes
    return values

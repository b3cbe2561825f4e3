"""Answers, line by line, what henge_protocol makes of an input on the runtime that runs this file.

A line on stdin is a verb and a payload in hex; the answer on stdout is one line: hex, `refused` for the exceptions that
are promised, or `raised ...` for any other, which no test accepts. Started by conftest.py under MicroPython.
"""

import binascii
import sys

from henge_protocol import cbor, messages, schema, signing, small_cbor
from henge_protocol.errors import BadMessage, BadSchema
from henge_protocol.steps import is_on_step
from henge_protocol.telemetry import decode_telemetry

CLASSES = (
    messages.Desired,
    messages.Document,
    messages.Report,
    messages.Hello,
    messages.Telemetry,
    messages.Log,
    messages.Command,
    messages.Result,
    messages.Announcement,
)


def recode(payload: bytes) -> bytes:
    """Decodes, and encodes what it got: equal bytes on two runtimes mean that both read the same value."""
    return small_cbor.encode(small_cbor.decode(payload, cbor.MAX_DEPTH), cbor.MAX_DEPTH)


def decode(payload: bytes) -> bytes:
    """Only decodes: what a board can hold once, it need not be able to hold twice."""
    small_cbor.decode(payload, cbor.MAX_DEPTH)
    return b""


def encode(payload: bytes) -> bytes:
    """Encodes a value that is given as Python text, for what has no encoding to be given in."""
    return cbor.encode(eval(payload.decode(), {"nan": float("nan"), "inf": float("inf")}))


def verdicts(payload: bytes) -> bytes:
    """`{"settings": {...}, "values": [...]}` to the problems of the settings, or of each value under each setting.

    An accepted value is answered in its normal form, a refused one by its code.
    """
    question: dict = cbor.decode(payload)  # type: ignore[assignment]
    try:
        settings = schema.parse(question["settings"])
    except BadSchema as error:
        return cbor.encode(sorted([p.key, p.code] for p in error.problems))  # maps have no order on a board
    answers = []
    for key in sorted(settings):
        for value in question["values"]:
            problem = schema.check_value(key, settings[key], value)
            answers.append({"refused": problem.code} if problem else schema.normal(settings[key], value))
    return cbor.encode(answers)


def message(payload: bytes) -> bytes:
    """A payload, after one byte that says which class, through that class and back."""
    return CLASSES[payload[0]].decode(payload[1:]).encode()


def telemetry(payload: bytes) -> bytes:
    return cbor.encode([entry.fields() for entry in decode_telemetry(payload)])


def hmac(payload: bytes) -> bytes:
    """HMAC-SHA256 of what follows the key; the first two bytes are the key's length."""
    length = payload[0] << 8 | payload[1]
    return signing.hmac_sha256(payload[2 : 2 + length], payload[2 + length :])


def step(payload: bytes) -> bytes:
    value, start, step = cbor.decode(payload)  # type: ignore[misc]
    return cbor.encode(is_on_step(value, start, step))


VERBS = {
    "recode": recode,
    "decode": decode,
    "encode": encode,
    "verdicts": verdicts,
    "message": message,
    "telemetry": telemetry,
    "hmac": hmac,
    "step": step,
}


def answer(verb: str, payload: bytes) -> str:
    """The line that answers one question."""
    try:
        return binascii.hexlify(VERBS[verb](payload)).decode()
    except (cbor.CborError, BadMessage, MemoryError):  # the last: a small board, which goes on
        return "refused"
    except Exception as error:
        return "raised " + type(error).__name__ + " " + repr(str(error))


def main() -> None:
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        verb, _, payload = line.strip().partition(" ")
        print(answer(verb, binascii.unhexlify(payload)))


if __name__ == "__main__":
    main()

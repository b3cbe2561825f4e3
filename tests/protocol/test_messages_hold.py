"""Messages: what is encoded comes back, and no payload whatever raises anything but BadMessage, on either runtime."""

import pytest
from henge_protocol import cbor, messages
from henge_protocol.errors import BadMessage
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol import board_probe
from tests.protocol.board_probe import CLASSES
from tests.protocol.inputs import calm, payloads, scalars, strangers, texts, values

uint32 = st.integers(0, (1 << 32) - 1)
uint = st.integers(0, (1 << 64) - 1)
binary = st.binary(max_size=40)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z][a-z0-9_]{0,8}){0,2}", fullmatch=True)
readings = st.dictionaries(keys, scalars.filter(lambda v: v is not None and not isinstance(v, bytes)), max_size=4)
errors = st.dictionaries(texts, st.lists(texts, min_size=2, max_size=2), max_size=3)

report = {
    "epoch": uint32,
    "rev": uint,
    "state": st.sampled_from(sorted(messages.STATES)),
    "digest": binary,
    "errors": errors,
    "boot": uint32,
    "n": uint,
}
FIELDS: "dict[type[messages.Message], dict]" = {
    messages.Desired: {"epoch": uint32, "rev": uint, "doc": binary, "mac": binary},
    messages.Document: {
        "schema": texts,
        "version": uint,
        "values": st.dictionaries(keys, scalars.filter(lambda v: v is not None), max_size=4),
    },
    messages.Report: report,
    messages.Hello: {
        "proto": uint,
        **dict.fromkeys(("uid", "caps", "digest"), st.binary(max_size=16)),
        **dict.fromkeys(("agent", "board", "runtime", "reset"), st.text("abcä", max_size=9)),
        "epoch": uint32,
        "rev": uint,
        "last": st.one_of(st.none(), st.fixed_dictionaries({**report, "errors": st.just({}), "digest": st.just(b"")})),
        "boot": uint32,
        "free": uint,
        "sleep_s": st.one_of(st.none(), uint),
        "found": st.one_of(st.none(), texts),
        "rssi": st.one_of(st.none(), st.integers(-128, 127)),
        "safe": st.one_of(st.none(), st.booleans()),
    },
    messages.Telemetry: {"boot": uint32, "t": uint, "v": readings},
    messages.Log: {"boot": uint32, "t": uint, "level": texts, "text": texts},
    messages.Command: {"id": texts, "name": texts, "args": st.dictionaries(texts, st.integers(0, 9), max_size=3)},
    messages.Result: {"id": texts, "ok": st.booleans(), "data": scalars},
    messages.Announcement: {"settings": st.dictionaries(keys, st.just({"type": "bool"}), max_size=4)},
}
any_message = st.sampled_from(CLASSES).flatmap(
    lambda kind: st.fixed_dictionaries(FIELDS[kind]).map(lambda fields: kind(**fields))
)


def outcome(act, *args):
    """What came out, or `refused`. Any exception but BadMessage is a failure."""
    try:
        return act(*args)
    except BadMessage:
        return "refused"


def as_question(message: messages.Message, payload: bytes) -> bytes:
    return bytes([CLASSES.index(type(message))]) + payload


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_is_fed_in_every_field(kind):
    assert set(FIELDS[kind]) == {name for name, _ in kind.shape()}


@calm
@given(any_message)
def test_a_message_comes_back_as_it_went_on_both_runtimes(board, message):
    payload = message.encode()
    assert type(message).decode(payload) == message
    assert board.ask("message", as_question(message, payload)) == payload.hex()


@calm
@given(any_message, st.dictionaries(st.text(min_size=7, max_size=9), st.integers(0, 9), max_size=2))
def test_a_field_of_a_newer_version_is_left_out(message, extra):
    newer = cbor.encode({**message.fields(), **extra})
    if len(newer) <= message.MAX_BYTES:
        assert type(message).decode(newer) == message


@calm
@given(any_message, st.data(), st.one_of(values, strangers))
def test_a_wrong_field_is_refused_by_name_both_ways(message, data, wrong):
    name, kind = data.draw(st.sampled_from(message.shape()))
    if not messages.what_is_wrong(kind, wrong):
        return
    setattr(message, name, wrong)
    with pytest.raises(BadMessage, match=f"{message.NAME}: {name} should be"):
        message.encode()
    with pytest.raises(BadMessage, match=f"{message.NAME}: {name} should be"):
        type(message).from_fields(message.fields())


@calm
@given(any_message, st.data(), st.one_of(values, strangers))
def test_a_message_is_encoded_or_refused_whatever_a_field_holds(message, data, anything):
    name, _ = data.draw(st.sampled_from(message.shape()))
    setattr(message, name, anything)
    payload = outcome(message.encode)
    if payload != "refused":
        assert outcome(type(message).decode, payload) != "refused"


@calm
@given(any_message, st.data())
def test_a_missing_field_is_refused_unless_it_may_be_null(board, message, data):
    name, kind = data.draw(st.sampled_from(message.shape()))
    fields = message.fields()
    del fields[name]
    payload = cbor.encode(fields)
    assert (outcome(type(message).decode, payload) == "refused") is (messages.what_is_wrong(kind, None) != "")
    assert (board.ask("message", as_question(message, payload)) == "refused") is (
        messages.what_is_wrong(kind, None) != ""
    )


@calm
@given(st.integers(0, len(CLASSES) - 1), payloads)
def test_any_payload_is_read_or_refused_alike_on_both_runtimes(board, index, payload):
    question = bytes([index]) + payload
    expected = board_probe.answer("message", question)
    assert not expected.startswith("raised"), expected
    assert board.ask("message", question) == expected


@calm
@given(st.one_of(payloads, st.lists(st.fixed_dictionaries({"age": uint, "v": readings}), max_size=3).map(cbor.encode)))
def test_any_telemetry_is_read_or_refused_alike_on_both_runtimes(board, payload):
    expected = board_probe.answer("telemetry", payload)
    assert not expected.startswith("raised"), expected
    assert board.ask("telemetry", payload) == expected


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_payload_over_the_limit_is_refused_before_it_is_read(kind):
    with pytest.raises(BadMessage, match=f"at most {kind.MAX_BYTES}"):
        kind.decode(bytes(kind.MAX_BYTES + 1))

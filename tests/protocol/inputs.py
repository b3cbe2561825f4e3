"""What hypothesis feeds to henge_protocol: values with an encoding, values without, and bytes that are nearly right."""

from henge_protocol import cbor
from henge_protocol.schema import ATTRIBUTES, TYPES
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Nothing here is judged by its speed: the machine may be busy.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

# Numbers at which an encoding gets longer, a type ends, or a float stops being a half or a single.
EDGES = sorted(
    {sign * ((1 << bits) + by) for bits in (0, 5, 8, 11, 16, 24, 31, 32) for by in (-1, 0, 1) for sign in (1, -1)}
)

ints = st.one_of(st.sampled_from(EDGES), st.integers(-(1 << 64), (1 << 64) - 1))
floats = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.floats(allow_nan=False, allow_infinity=False),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
scalars = st.one_of(st.none(), st.booleans(), ints, floats, texts, st.binary(max_size=300))


def _containers(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.lists(inner, max_size=30), st.dictionaries(texts, inner, max_size=30))


def _nested(depth: int) -> st.SearchStrategy:
    return scalars if not depth else st.one_of(scalars, _containers(_nested(depth - 1)))


values = st.one_of(_nested(0), _nested(1), _nested(3))

# Everything else that a program might hand over by mistake; none of it has an encoding.
strangers = st.one_of(
    st.just(float("nan")),
    st.just(float("inf")),
    st.just(float("-inf")),
    st.integers(min_value=1 << 64),
    st.integers(max_value=-(1 << 64) - 1),
    st.builds(complex, st.integers(0, 3)),
    st.builds(bytearray, st.binary(max_size=3)),
    st.builds(range, st.integers(0, 3)),
    st.builds(frozenset, st.lists(st.integers(), max_size=3)),
    st.dictionaries(st.one_of(st.integers(), st.binary(max_size=3), st.none()), st.integers(), min_size=1, max_size=2),
)


def wrapped(inner: st.SearchStrategy) -> st.SearchStrategy:
    """`inner` in up to a dozen lists and maps: more than may be inside one another."""

    def wrap(value: object, layers: "list[bool]") -> object:
        for is_list in layers:
            value = [value] if is_list else {"k": value}
        return value

    return st.builds(wrap, inner, st.lists(st.booleans(), max_size=12))


# Heads of CBOR items, the wrong ones as often as the right ones.
_heads = st.integers(0, 255).map(lambda byte: bytes([byte]))
_lengths = st.one_of(st.binary(min_size=1, max_size=8), st.integers(0, 3).map(lambda n: bytes(7) + bytes([n])))
# Surrogates, overlong forms, code points past the last, and sequences that end early or start in the middle.
_NOT_UTF8 = [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf"]
_NOT_UTF8 += [b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]
_NOT_UTF8 += [b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"]
_badly_written_text = st.sampled_from(_NOT_UTF8).map(lambda text: bytes([0x60 + len(text)]) + text)
_soup = st.lists(st.one_of(_heads, _lengths, _badly_written_text, scalars.map(cbor.encode)), max_size=12).map(b"".join)


@st.composite
def _mutated(draw) -> bytes:
    """A right encoding with a few bytes changed, put in, taken out, or doubled."""
    data = bytearray(cbor.encode(draw(values)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(["set", "insert", "cut", "double"]))
        if change == "set" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif change == "insert":
            data[at:at] = draw(st.one_of(_heads, _lengths))
        elif change == "cut":
            del data[at : at + draw(st.integers(1, 3))]
        elif change == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 9))]
    return bytes(data)


# Payloads: right, nearly right, and wrong.
payloads = st.one_of(values.map(cbor.encode), _mutated(), _soup, st.binary(max_size=200))

# Settings, as a person would write them, right or wrong.
keys = st.one_of(
    st.sampled_from(["a", "led.color", "x1.y_2", "", ".", "A", "a..b", "1a", "a" * 64, "a" * 65, "ä"]), texts
)
numbers = st.one_of(
    st.integers(-5, 5),
    st.sampled_from(EDGES),
    st.sampled_from([float(edge) for edge in EDGES]),
    floats,
    st.sampled_from([0.1, 0.3, 0.5, 3e38, 3.5e38, -0.0, 3.4028234663852886e38]),
)
plain = st.one_of(
    numbers, texts, st.booleans(), st.none(), st.sampled_from(["#ff8800", "#FF8800", "red", "blue", "#ff88"])
)


# Values of the right kind for each type, though perhaps over a limit.
VALUES_OF = {
    "bool": st.booleans(),
    "int": st.one_of(st.integers(-1000, 1000), st.sampled_from(EDGES)),
    "float": numbers,
    "duration": numbers.map(abs),
    "string": texts,
    "enum": st.sampled_from(["red", "green", "blue", "ä", "black"]),
    "color": st.one_of(
        st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True), st.sampled_from(["#ff88", "#12345g", "#1234567"])
    ),
}


@st.composite
def declarations(draw, right: bool = False) -> dict:
    """A setting's declaration; with `right`, each attribute has the type that it should have."""
    kind = draw(st.sampled_from(TYPES))
    limits = st.integers(-1000, 1000) if kind == "int" else st.integers(0, 999) if kind == "duration" else numbers
    words = st.lists(st.sampled_from(["red", "green", "blue", "ä"]), min_size=1, unique=True)
    fitting = {
        **dict.fromkeys(("min", "max"), limits),
        "step": st.one_of(st.integers(1, 7), st.sampled_from([0.1, 0.25, 1e-3]))
        if kind != "int"
        else st.integers(1, 7),
        "choices": words,
        "max_length": st.integers(1, 30),
        "unit": st.sampled_from(["%", "°C"]),
        "title": st.just("A title"),
        "secret": st.booleans(),
        "risky": st.booleans(),
    }
    found: dict = {"type": kind}
    for name in ATTRIBUTES:
        if name in fitting and kind in ATTRIBUTES[name] and (draw(st.booleans()) or (name == "choices" and right)):
            found[name] = draw(fitting[name] if right else st.one_of(fitting[name], plain))
    if right:
        if "min" in found and "max" in found and found["min"] > found["max"]:
            found["min"], found["max"] = found["max"], found["min"]
    elif draw(st.booleans()):
        found[draw(st.one_of(st.sampled_from(sorted(ATTRIBUTES)), texts))] = draw(st.one_of(plain, words))
    return found

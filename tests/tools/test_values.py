"""A value on the command line is read as its setting's type, and written as a person writes it."""

import pytest
from fleetctl import values


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "true", True),
        ("bool", "Off", False),
        ("int", "-5", -5),
        ("int", "5.5", 5.5),
        ("float", "1e3", 1000.0),
        ("duration", "30", 30),
        ("duration", "5m", 300),
        ("duration", "1h30m", 5400),
        ("duration", "250ms", 0.25),
        ("duration", "2d", 172800),
        ("color", "#00FF66", "#00FF66"),
        ("color", "00ff66", "#00ff66"),
        ("enum", "blink", "blink"),
        ("string", "true", "true"),
    ],
)
def test_a_text_is_read_when_it_fits_the_type(kind, text, value):
    found = values.parse({"type": kind}, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bool", "1"),
        ("int", "many"),
        ("float", "inf"),
        ("float", "nan"),
        ("duration", "5x"),
        ("duration", "m"),
        ("", "1"),
    ],
)
def test_a_text_stays_one_when_it_does_not_fit(kind, text):
    assert values.parse({"type": kind} if kind else None, text) == text


def test_limits_are_said_when_there_are_some():
    assert values.limits({"type": "int", "min": 0, "max": 100, "step": 5}) == "0 to 100, in steps of 5"
    assert values.limits({"type": "string", "max_length": 8, "secret": True}) == "at most 8 bytes, secret"
    assert values.limits({"type": "bool"}) == ""

"""Sentences: what is wrong with a value or a message, for a person. Pure. A board has them while it tells of that."""

from henge_protocol import errors
from henge_protocol.messages import STATES
from henge_protocol.numbers import MAX_SINGLE, single
from henge_protocol.verdicts import DEFAULT_MAX_LENGTH, Setting, normal

SENTENCES = {
    errors.UNKNOWN_KEY: "there is no such setting",
    errors.WRONG_TYPE: "the value has the wrong type",
    errors.OUT_OF_RANGE: "the value is outside its limits",
    errors.NOT_A_CHOICE: "the value is not one of the choices",
    errors.TOO_LONG: "the text is too long",
    errors.MISSING: "a value is needed here",
    errors.TOO_LARGE: "the document is larger than a board can hold",
    errors.BAD_MAC: "the document's signature does not fit this device",
    errors.BAD_DOCUMENT: "the document cannot be read",
    errors.DRIVER_FAILED: "the hardware did not take the setting",
    errors.NOT_CONFIRMED: "no signed document arrived in time under the new settings",
}

# What a value of each type is.
EXPECTED = {
    "bool": "true or false",
    "int": "a whole number of 32 bits",
    "float": "a number",
    "string": "a text",
    "enum": "a text",
    "color": "a colour like #ff8800",
    "duration": "a number of seconds like 30",
}

# What a field of a message is, of each kind.
FIELDS = {
    "int": "a whole number",
    "uint": "a whole number from 0",
    "uint32": "a whole number of 32 bits",
    "text": "a text",
    "bytes": "bytes",
    "bool": "true or false",
    "map": "a map",
    "state": "one of " + ", ".join(sorted(STATES)),
    "values": "a map from setting keys to values",
    "readings": "a map from names to numbers, texts or bools",
    "errors": "a map from keys to [code, text]",
    "report": "a report",
}


def about(code: str, setting: Setting, value) -> str:
    """Why `verdicts` gave this code to a value of this setting."""
    if code == errors.WRONG_TYPE:
        text = "expected " + EXPECTED[setting.type]
        return text if setting.secret else text + ", not " + shown(value)
    if code == errors.NOT_A_CHOICE:
        return "{} is not one of {}".format(shown(value), ", ".join(setting.choices or ()))
    if code == errors.TOO_LONG:
        return "{} bytes long; at most {}".format(len(value.encode()), setting.max_length or DEFAULT_MAX_LENGTH)
    return _of_range(setting, value) + (" " + setting.unit if setting.unit else "")


def _of_range(setting: Setting, value) -> str:
    number = normal(setting, value)
    if setting.min is not None and number < setting.min:
        return "{} is below the minimum of {}".format(_number(value), _number(setting.min))
    if setting.max is not None and number > setting.max:
        return "{} is above the maximum of {}".format(_number(value), _number(setting.max))
    start = 0 if setting.min is None else setting.min
    return "{} is not {} plus a multiple of {}".format(_number(value), _number(start), _number(setting.step))


def _number(value) -> str:
    return str(shortest(value) if isinstance(value, float) else value)


def shortest(value: float) -> float:
    """The number with the fewest digits that rounds to the same single: 0.3 for a stored 0.30000001192092896."""
    wanted = single(value)
    for digits in range(6, 10):
        number = float("{:.{}g}".format(value, digits))
        if abs(number) <= MAX_SINGLE and single(number) == wanted:
            return number
    return value


def shown(value: object) -> str:
    """A value as a sentence quotes it."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."

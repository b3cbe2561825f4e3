"""Verdicts: whether values keep to the types and limits of their settings. One verdict on the server and on the board.

What a board needs of settings. It stores nothing, knows no versions, and takes declarations for sound: whether they
are is for `henge_protocol.schema` to say, which no board carries.
"""

from henge_protocol import errors
from henge_protocol.errors import Problem
from henge_protocol.numbers import INT_MAX, INT_MIN, is_on_step, shortest, single

MAX_KEY_LENGTH = 64  # characters
MAX_DOCUMENT = 8 * 1024  # bytes of an encoded document: the largest that a board holds twice
DEFAULT_MAX_LENGTH = 256  # bytes of UTF-8, for a string that sets no max_length of its own

NUMERIC = ("int", "float", "duration")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = _LETTERS + "0123456789_"
_HEX = "0123456789abcdef"


class Setting:
    """One declared setting. Attributes are those of `schema.ATTRIBUTES`; `min`, `max` and `step` are `normal` already.

    What is not declared takes no memory: a board may hold a hundred of these.
    """

    type: str
    default: "bool | int | float | str | None" = None
    min: "int | float | None" = None
    max: "int | float | None" = None
    step: "int | float | None" = None
    choices: "list | tuple | None" = None
    max_length: "int | None" = None
    unit: "str | None" = None
    title: "str | None" = None
    secret = False
    risky = False

    def __init__(self, declaration: dict) -> None:
        for name, value in declaration.items():
            setattr(self, name, value)
        for name in ("min", "max", "step"):
            if name in declaration:
                setattr(self, name, normal(self, declaration[name]))


def is_key(text: object) -> bool:
    """Whether `text` can name a setting: dotted lower-case words, at most 64 characters."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_KEY_LENGTH:
        return False
    return all(word and word[0] in _LETTERS and all(c in _WORD for c in word) for word in text.split("."))


def declared(declarations: dict) -> "dict[str, Setting]":
    """The settings of sound declarations, as a driver's are."""
    settings = {key: Setting(declaration) for key, declaration in declarations.items()}
    for setting in settings.values():
        if setting.default is not None:
            setting.default = normal(setting, setting.default)
    return settings


def defaults(settings: "dict[str, Setting]") -> dict:
    """The values that hold where nothing else is said. A setting without a default is left out."""
    return {key: setting.default for key, setting in settings.items() if setting.default is not None}


def check(settings: "dict[str, Setting]", values: dict) -> "list[Problem]":
    """Everything that is wrong with `values`, in the order of their keys; an empty list where nothing is."""
    problems = []
    for key in sorted(values):
        setting = settings.get(key)
        problem = Problem(key, errors.UNKNOWN_KEY) if setting is None else check_value(key, setting, values[key])
        if problem:
            problems.append(problem)
    return problems


def missing(settings: "dict[str, Setting]", values: dict) -> "list[Problem]":
    """A problem for each setting that has neither a value nor a default."""
    return [
        Problem(key, errors.MISSING)
        for key in sorted(settings)
        if settings[key].default is None and values.get(key) is None
    ]


def check_value(key: str, setting: Setting, value: object) -> "Problem | None":
    """What is wrong with one value; None where nothing is."""
    if not has_type(setting.type, value):
        text = "expected " + EXPECTED[setting.type]
        return Problem(key, errors.WRONG_TYPE, text if setting.secret else text + ", not " + shown(value))
    if setting.type == "enum":
        choices = setting.choices or ()
        if value not in choices:
            text = "{} is not one of {}".format(shown(value), ", ".join(choices))
            return Problem(key, errors.NOT_A_CHOICE, text)
    elif setting.type == "string":
        return _check_length(key, setting, value)
    elif setting.type in NUMERIC:
        return _check_range(key, setting, value)
    return None


def normal(setting: Setting, value):
    """A value that `check_value` accepts, in the one form that is stored and sent.

    Floats are rounded to singles; a duration without a fraction is an int; colours are lower case.
    """
    if setting.type == "float":
        return single(value)
    if setting.type == "duration":
        rounded = _rounded(value)
        return int(rounded) if rounded == int(rounded) else rounded
    if setting.type == "color":
        return value.lower()
    return value


# What a value of each type is, for people.
EXPECTED = {
    "bool": "true or false",
    "int": "a whole number of 32 bits",
    "float": "a number",
    "string": "a text",
    "enum": "a text",
    "color": "a colour like #ff8800",
    "duration": "a number of seconds like 30",
}


def has_type(kind: str, value: object) -> bool:
    """Whether a value is of a setting's type, whatever its limits."""
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "int":
        return isinstance(value, int) and INT_MIN <= value <= INT_MAX
    if kind == "float":
        return _is_number(value)
    if kind == "duration":
        # As a whole number: beside a single float, a board takes INT_MAX for one more than it is.
        return _is_number(value) and 0 <= _rounded(value) and int(_rounded(value)) <= INT_MAX
    if kind == "color":
        return isinstance(value, str) and len(value) == 7 and value[0] == "#" and _is_hex(value[1:])
    return isinstance(value, str) and is_unicode(value)


def _is_number(value: object) -> bool:
    if not isinstance(value, (int, float)):
        return False
    try:
        single(value)
    except (ValueError, OverflowError):
        return False
    return True


def _rounded(value) -> "int | float":
    return single(value) if isinstance(value, float) else value


def _is_hex(text: str) -> bool:
    return all(c in _HEX for c in text.lower())


def is_unicode(value: str) -> bool:
    """Whether a text can be encoded: half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeError:
        return False
    return True


def _check_length(key: str, setting: Setting, value) -> "Problem | None":
    limit = setting.max_length or DEFAULT_MAX_LENGTH
    length = len(value.encode())
    if length > limit:
        return Problem(key, errors.TOO_LONG, "{} bytes long; at most {}".format(length, limit))
    return None


def _check_range(key: str, setting: Setting, value) -> "Problem | None":
    number = normal(setting, value)
    start = 0 if setting.min is None else setting.min
    if setting.min is not None and number < setting.min:
        text = "{} is below the minimum of {}".format(_number(value), _number(setting.min))
    elif setting.max is not None and number > setting.max:
        text = "{} is above the maximum of {}".format(_number(value), _number(setting.max))
    elif setting.step is not None and not is_on_step(number, start, setting.step):
        text = "{} is not {} plus a multiple of {}".format(_number(value), _number(start), _number(setting.step))
    else:
        return None
    return Problem(key, errors.OUT_OF_RANGE, text + (" " + setting.unit if setting.unit else ""))


def _number(value: "int | float") -> str:
    return str(shortest(value) if isinstance(value, float) else value)


def shown(value: object) -> str:
    """A value as a sentence quotes it."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."

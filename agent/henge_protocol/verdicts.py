"""Verdicts: whether values keep to the types and limits of their settings. One verdict on the server and on the board.

What a board needs of settings. It stores nothing, knows no versions, and takes declarations for sound: whether they
are is for `henge_protocol.schema` to say, which no board carries.
"""

from henge_protocol import errors
from henge_protocol.errors import Problem
from henge_protocol.numbers import INT_MAX, INT_MIN, single

MAX_KEY_LENGTH = 64  # characters
MAX_DOCUMENT = 8 * 1024  # bytes of an encoded document: the largest that a board holds twice
DEFAULT_MAX_LENGTH = 256  # bytes of UTF-8, for a string that sets no max_length of its own

NUMERIC = ("int", "float", "duration")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = _LETTERS + "0123456789_"
_HEX = "0123456789abcdef"


class Setting:
    """One declared setting. Attributes are those of `schema.ATTRIBUTES`; `min`, `max` and `step` are `normal` already.

    What is not declared takes no memory.
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


class Declared:
    """The settings of sound declarations, as a driver's are, by key. Each is made when it is asked for: where there are
    a hundred, a board has a better use for the memory.
    """

    def __init__(self, declarations: dict) -> None:
        self._declarations = declarations

    def __contains__(self, key: str) -> bool:
        return key in self._declarations

    def __iter__(self):
        return iter(self._declarations)

    def __getitem__(self, key: str) -> Setting:
        setting = Setting(self._declarations[key])
        if setting.default is not None:
            setting.default = normal(setting, setting.default)
        return setting

    def get(self, key: str) -> "Setting | None":
        """The setting, or None where none is declared."""
        return self[key] if key in self else None

    def items(self):
        """Each key with its setting."""
        for key in self:
            yield key, self[key]


def defaults(settings: "dict[str, Setting] | Declared") -> dict:
    """The values that hold where nothing else is said. A setting without a default is left out."""
    return {key: setting.default for key, setting in settings.items() if setting.default is not None}


def check(settings: "dict[str, Setting] | Declared", values: dict) -> "list[Problem]":
    """Everything that is wrong with `values`, in the order of their keys; an empty list where nothing is."""
    problems = []
    for key in sorted(values):
        setting = settings.get(key)
        problem = Problem(key, errors.UNKNOWN_KEY) if setting is None else check_value(key, setting, values[key])
        if problem:
            problems.append(problem)
    return problems


def missing(settings: "dict[str, Setting] | Declared", values: dict) -> "list[Problem]":
    """A problem for each setting that has neither a value nor a default."""
    return [
        Problem(key, errors.MISSING)
        for key in sorted(settings)
        if settings[key].default is None and values.get(key) is None
    ]


def check_value(key: str, setting: Setting, value: object) -> "Problem | None":
    """What is wrong with one value; None where nothing is."""
    code = _fault(setting, value)
    return Problem(key, code, _sentence(code, setting, value)) if code else None


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


def _fault(setting: Setting, value) -> str:
    """The code of what is wrong with a value; empty where nothing is."""
    kind = setting.type
    if not has_type(kind, value):
        return errors.WRONG_TYPE
    if kind == "enum":
        return "" if value in (setting.choices or ()) else errors.NOT_A_CHOICE
    if kind == "string":
        return errors.TOO_LONG if len(value.encode()) > (setting.max_length or DEFAULT_MAX_LENGTH) else ""
    return errors.OUT_OF_RANGE if kind in NUMERIC and not _is_in_range(setting, normal(setting, value)) else ""


def _is_in_range(setting: Setting, number: "int | float") -> bool:
    low, high, step = setting.min, setting.max, setting.step
    if (low is not None and number < low) or (high is not None and number > high):
        return False
    if step is None:
        return True
    from henge_protocol.steps import is_on_step  # on a board for a moment, as henge_agent/passing.py says

    return is_on_step(number, 0 if low is None else low, step)


def _sentence(code: str, setting: Setting, value: object) -> str:
    try:
        from henge_protocol.sentences import about  # on a board for a moment, as henge_agent/passing.py says

        return about(code, setting, value)
    except (MemoryError, OSError):  # the code has to be told all the same
        return code

"""Settings: their types and limits, and whether values keep to them. One verdict on the server and on the board.

A schema is a map from dotted keys to declarations, as a person writes them in YAML or a driver in code:
`{"led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"}}`. This module stores nothing and
knows no versions.
"""

from henge_protocol import errors
from henge_protocol.errors import BadSchema, Problem
from henge_protocol.numbers import INT_MAX, INT_MIN, is_on_step, shortest, single

TYPES = ("bool", "int", "float", "string", "enum", "color", "duration")

MAX_KEY_LENGTH = 64  # characters
MAX_SETTINGS = 256  # in one schema: what a board can hold as declarations
MAX_DOCUMENT = 8 * 1024  # bytes of an encoded document: the largest that a board holds twice
DEFAULT_MAX_LENGTH = 256  # bytes of UTF-8, for a string that sets no max_length of its own

_NUMERIC = ("int", "float", "duration")
_TEXTUAL = ("string", "enum", "color")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = _LETTERS + "0123456789_"
_HEX = "0123456789abcdef"

# Every attribute of a declaration, and the types that it has a meaning for.
ATTRIBUTES = {
    "type": TYPES,
    "default": TYPES,
    "min": _NUMERIC,
    "max": _NUMERIC,
    "step": _NUMERIC,
    "choices": ("enum",),
    "max_length": ("string",),
    "unit": TYPES,
    "title": TYPES,
    "secret": ("string",),
    "risky": TYPES,
}


class Setting:
    """One declared setting. Attributes are those of ATTRIBUTES, None where not given; numbers are `normal` already."""

    def __init__(self, declaration: dict) -> None:
        self.type: str = declaration["type"]
        self.default = declaration.get("default")
        self.min = declaration.get("min")
        self.max = declaration.get("max")
        self.step = declaration.get("step")
        self.choices = declaration.get("choices")
        self.max_length = declaration.get("max_length")
        self.unit = declaration.get("unit")
        self.title = declaration.get("title")
        self.secret: bool = declaration.get("secret", False)
        self.risky: bool = declaration.get("risky", False)

    def declaration(self) -> dict:
        """The map that declares this setting, without what was not given."""
        found = {}
        for name in ATTRIBUTES:
            value = getattr(self, name)
            if value is not None and not (value is False and name in ("secret", "risky")):
                found[name] = shortest(value) if isinstance(value, float) else value
        return found


def is_key(text: object) -> bool:
    """Whether `text` can name a setting: dotted lower-case words, at most 64 characters."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_KEY_LENGTH:
        return False
    return all(word and word[0] in _LETTERS and all(c in _WORD for c in word) for word in text.split("."))


def parse(settings: object) -> "dict[str, Setting]":
    """Declarations to settings. Raises BadSchema, which names every problem at once."""
    if not isinstance(settings, dict) or not settings:
        text = "expected a map from keys to declarations, with at least one"
        raise BadSchema([Problem("settings", errors.WRONG_TYPE, text)])
    if len(settings) > MAX_SETTINGS:
        text = "{} settings; at most {}".format(len(settings), MAX_SETTINGS)
        raise BadSchema([Problem("settings", errors.TOO_LARGE, text)])
    parsed = {}
    problems = []
    for key, declaration in settings.items():
        found = _declaration_problems(key, declaration)
        if not found:
            parsed[key], found = _build(key, declaration)
        problems.extend(found)
    if problems:
        raise BadSchema(problems)
    return parsed


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
    if not _has_type(setting.type, value):
        text = "expected " + _EXPECTED[setting.type]
        return Problem(key, errors.WRONG_TYPE, text if setting.secret else text + ", not " + _shown(value))
    if setting.type == "enum":
        choices = setting.choices or ()
        if value not in choices:
            text = "{} is not one of {}".format(_shown(value), ", ".join(choices))
            return Problem(key, errors.NOT_A_CHOICE, text)
    elif setting.type == "string":
        return _check_length(key, setting, value)
    elif setting.type in _NUMERIC:
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


_EXPECTED = {
    "bool": "true or false",
    "int": "a whole number of 32 bits",
    "float": "a number",
    "string": "a text",
    "enum": "a text",
    "color": "a colour like #ff8800",
    "duration": "a number of seconds like 30",
}


def _has_type(kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "int":
        return isinstance(value, int) and INT_MIN <= value <= INT_MAX
    if kind == "float":
        return _is_number(value)
    if kind == "duration":
        return _is_number(value) and 0 <= _rounded(value) <= INT_MAX
    if kind == "color":
        return isinstance(value, str) and len(value) == 7 and value[0] == "#" and _is_hex(value[1:])
    return isinstance(value, str) and _is_unicode(value)


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


def _is_unicode(value: str) -> bool:
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


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _declaration_problems(key: object, declaration: object) -> "list[Problem]":
    """What is wrong with the form of a declaration, before its values are looked at."""
    name = key if isinstance(key, str) else repr(key)
    if not is_key(key):
        text = "a key is dotted lower-case words, at most 64 characters, like led.color"
        return [Problem(name, errors.UNKNOWN_KEY, text)]
    if not isinstance(declaration, dict):
        return [Problem(name, errors.WRONG_TYPE, "expected a declaration like {type: int, min: 0, max: 100}")]
    kind = declaration.get("type")
    if kind not in TYPES:
        return _type_problems(name, declaration)
    problems = []
    for attribute, value in declaration.items():
        text = _attribute_problem(kind, attribute, value)
        if text:
            problems.append(Problem(name, errors.WRONG_TYPE if attribute in ATTRIBUTES else errors.UNKNOWN_KEY, text))
    if declaration.get("secret") is True and declaration.get("default"):
        text = "a secret has no default but an empty text: everybody could read it"
        problems.append(Problem(name, errors.WRONG_TYPE, text))
    if kind == "enum" and "choices" not in declaration:
        problems.append(Problem(name, errors.MISSING, "an enum needs choices, a list of texts"))
    return problems


def _type_problems(key: str, declaration: dict) -> "list[Problem]":
    """What is wrong with a declaration whose type is none; without one, only its attributes' names can be looked at."""
    unknown = [attribute for attribute in declaration if attribute not in ATTRIBUTES]
    problems = [Problem(key, errors.UNKNOWN_KEY, _unknown(attribute)) for attribute in unknown]
    types = ", ".join(TYPES)
    if "type" in declaration:
        text = "type {} is not one of {}".format(_shown(declaration["type"]), types)
        problems.append(Problem(key, errors.NOT_A_CHOICE, text))
    elif "type" not in [_meant(attribute) for attribute in unknown]:
        problems.append(Problem(key, errors.MISSING, "type is missing; it is one of " + types))
    return problems


def _unknown(attribute: object) -> str:
    meant = _meant(attribute)
    rest = "is {} meant?".format(meant) if meant else "those are " + ", ".join(ATTRIBUTES)
    return "{} is not an attribute of a setting; {}".format(_shown(attribute), rest)


def _meant(attribute: object) -> str:
    """The attribute that somebody who mistyped it has meant; empty where none is close."""
    if isinstance(attribute, str):
        for name in ATTRIBUTES:
            if _is_mistyped(attribute.lower(), name):
                return name
    return ""


def _is_mistyped(word: str, name: str) -> bool:
    """Whether one slip leads from `name` to `word`: letters swapped, or one other, more or missing."""
    if len(word) == len(name):
        return sorted(word) == sorted(name) or sum(a != b for a, b in zip(word, name)) == 1
    short, long = (word, name) if len(word) < len(name) else (name, word)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _attribute_problem(kind: str, attribute: object, value: object) -> str:
    if attribute not in ATTRIBUTES:
        return _unknown(attribute)
    if kind not in ATTRIBUTES[attribute]:  # type: ignore[index]
        return "a setting of type {} has no {}".format(kind, attribute)
    if value is None:
        return "{} has no value; leave it out, or put quotes round a text that begins with #".format(attribute)
    if attribute in ("secret", "risky") and not isinstance(value, bool):
        return "{} is true or false, not {}".format(attribute, _shown(value))
    if attribute in ("unit", "title") and not (isinstance(value, str) and _is_unicode(value) and 0 < len(value) <= 64):
        return "{} is a text of at most 64 characters, not {}".format(attribute, _shown(value))
    if attribute in ("min", "max", "step") and not _has_type(kind, value):
        return "{} is {}, not {}".format(attribute, _EXPECTED[kind], _shown(value))
    if attribute == "step" and not value > 0:  # type: ignore[operator]
        return "step is above 0, not {}".format(_shown(value))
    if attribute == "max_length" and not (_has_type("int", value) and 1 <= value <= MAX_DOCUMENT // 2):  # type: ignore[operator]
        return "max_length is 1 to {} bytes, not {}".format(MAX_DOCUMENT // 2, _shown(value))
    if attribute == "choices" and not _are_choices(value):
        if isinstance(value, (list, tuple)) and any(isinstance(choice, bool) for choice in value):
            return "choices are texts, and YAML reads on, off, yes and no as true and false: put quotes round them"
        return "choices is a list of different texts, each at most 64 characters, not {}".format(_shown(value))
    return ""


def _are_choices(value: object) -> bool:
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= 64:
        return False
    if not all(isinstance(c, str) and _is_unicode(c) and 0 < len(c) <= 64 for c in value):
        return False
    return len(set(value)) == len(value)


def _build(key: str, declaration: dict) -> "tuple[Setting | None, list[Problem]]":
    """The setting, with its numbers rounded as values are; or what is wrong between its limits and its default."""
    setting = Setting(declaration)
    for limit in ("min", "max", "step"):
        if getattr(setting, limit) is not None:
            setattr(setting, limit, normal(setting, getattr(setting, limit)))
    if setting.min is not None and setting.max is not None and setting.min > setting.max:
        text = "min {} is above max {}".format(setting.min, setting.max)
        return None, [Problem(key, errors.OUT_OF_RANGE, text)]
    if setting.step is not None and not setting.step > 0:
        return None, [Problem(key, errors.OUT_OF_RANGE, "step is too small for a single float")]
    if setting.default is None:
        return setting, []
    problem = check_value(key, setting, setting.default)
    if problem:
        hint = "; put quotes round it" if setting.type in _TEXTUAL and not isinstance(setting.default, str) else ""
        return None, [Problem(key, problem.code, "default: " + problem.text + hint)]
    setting.default = normal(setting, setting.default)
    return setting, []

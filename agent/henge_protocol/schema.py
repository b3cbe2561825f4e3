"""Schemas: settings as a person or a driver declares them, and what is wrong with a declaration.

A schema is a map from dotted keys to declarations, as a person writes them in YAML or a driver in code:
`{"led.brightness": {"type": "int", "min": 0, "max": 100, "default": 60, "unit": "%"}}`. This module stores nothing and
knows no versions. No board carries it: what drivers declare is checked when they are tested, and by the server.
"""

from henge_protocol import errors
from henge_protocol.errors import BadSchema, Problem
from henge_protocol.sentences import EXPECTED, shortest, shown
from henge_protocol.verdicts import (
    DEFAULT_MAX_LENGTH,
    MAX_DOCUMENT,
    MAX_KEY_LENGTH,
    NUMERIC,
    Setting,
    check,
    check_value,
    defaults,
    has_type,
    is_key,
    is_unicode,
    missing,
    normal,
)

# Whoever has declarations has values too: all that is public in `verdicts` can be had from here.
__all__ = (
    "ATTRIBUTES",
    "DEFAULT_MAX_LENGTH",
    "MAX_DOCUMENT",
    "MAX_KEY_LENGTH",
    "MAX_SETTINGS",
    "TYPES",
    "Setting",
    "check",
    "check_value",
    "declaration_of",
    "defaults",
    "is_key",
    "missing",
    "normal",
    "parse",
)

TYPES = ("bool", "int", "float", "string", "enum", "color", "duration")

MAX_SETTINGS = 256  # in one schema: what a board can hold as declarations

_TEXTUAL = ("string", "enum", "color")

# Every attribute of a declaration, and the types that it has a meaning for.
ATTRIBUTES = {
    "type": TYPES,
    "default": TYPES,
    "min": NUMERIC,
    "max": NUMERIC,
    "step": NUMERIC,
    "choices": ("enum",),
    "max_length": ("string",),
    "unit": TYPES,
    "title": TYPES,
    "secret": ("string",),
    "risky": TYPES,
}


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


def declaration_of(setting: Setting) -> dict:
    """The map that declares a setting, without what was not given."""
    found = {}
    for name in ATTRIBUTES:
        value = getattr(setting, name)
        if value is not None and not (value is False and name in ("secret", "risky")):
            found[name] = shortest(value) if isinstance(value, float) else value
    return found


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
        text = "type {} is not one of {}".format(shown(declaration["type"]), types)
        problems.append(Problem(key, errors.NOT_A_CHOICE, text))
    elif "type" not in [_meant(attribute) for attribute in unknown]:
        problems.append(Problem(key, errors.MISSING, "type is missing; it is one of " + types))
    return problems


def _unknown(attribute: object) -> str:
    meant = _meant(attribute)
    rest = "is {} meant?".format(meant) if meant else "those are " + ", ".join(ATTRIBUTES)
    return "{} is not an attribute of a setting; {}".format(shown(attribute), rest)


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
        return "{} is true or false, not {}".format(attribute, shown(value))
    if attribute in ("unit", "title") and not (isinstance(value, str) and is_unicode(value) and 0 < len(value) <= 64):
        return "{} is a text of at most 64 characters, not {}".format(attribute, shown(value))
    if attribute in ("min", "max", "step") and not has_type(kind, value):
        return "{} is {}, not {}".format(attribute, EXPECTED[kind], shown(value))
    if attribute == "step" and not value > 0:  # type: ignore[operator]
        return "step is above 0, not {}".format(shown(value))
    if attribute == "max_length" and not (has_type("int", value) and 1 <= value <= MAX_DOCUMENT // 2):  # type: ignore[operator]
        return "max_length is 1 to {} bytes, not {}".format(MAX_DOCUMENT // 2, shown(value))
    if attribute == "choices" and not _are_choices(value):
        if isinstance(value, (list, tuple)) and any(isinstance(choice, bool) for choice in value):
            return "choices are texts, and YAML reads on, off, yes and no as true and false: put quotes round them"
        return "choices is a list of different texts, each at most 64 characters, not {}".format(shown(value))
    return ""


def _are_choices(value: object) -> bool:
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= 64:
        return False
    if not all(isinstance(c, str) and is_unicode(c) and 0 < len(c) <= 64 for c in value):
        return False
    return len(set(value)) == len(value)


def _build(key: str, declaration: dict) -> "tuple[Setting | None, list[Problem]]":
    """The setting, with its numbers rounded as values are; or what is wrong between its limits and its default."""
    setting = Setting(declaration)
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

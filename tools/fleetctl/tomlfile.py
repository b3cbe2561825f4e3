"""TOML as a person wrote it, changed in the lines that have to change. Pure: text in, text out.

Knows plain values in tables, which is what fleetctl.toml holds. `changed` checks its own work, and writes the whole
anew where a person has used more of TOML than it knows; comments are lost then, and nothing else.
"""

import json
import re
import tomllib

from fleetctl.errors import Failed

_HEAD = "# Servers that fleetctl knows. Written by fleetctl; the tokens in it are secret.\n"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")  # TOML 1.0, "Keys": anything else is quoted

Table = dict[str, object]


def changed(text: str, content: dict) -> str:
    """The text with as few changes as make it mean `content`: plain values, and tables under `contexts`.

    Raises Failed where a value is neither a text, a number nor a list.
    """
    new = _edited(text, content) if text.strip() else written(content)
    try:
        if tomllib.loads(new) == content:
            return new
    except tomllib.TOMLDecodeError:
        pass
    return written(content)


def is_empty(text: str) -> bool:
    """Whether nothing stands there that a person would miss."""
    return text.strip() in ("", _HEAD.strip())


def written(content: dict) -> str:
    """The whole text: plain values first, then a table for each context."""
    lines = [_HEAD, *_lines(_plain(content))]
    for name, entry in content["contexts"].items():
        lines += _section(name, entry)
    return "".join(lines)


def _edited(text: str, content: dict) -> str:
    """The sections of the text one by one, each with its values as they are to be; new ones behind them."""
    contexts = dict(content["contexts"])
    head, *sections = re.split(r"(?m)^(?=[ \t]*\[)", text if text.endswith("\n") else text + "\n")
    parts = [_with_values(head, {key: value for key, value in _plain(content).items() if not isinstance(value, dict)})]
    for section in sections:
        name = _name(section)
        if name is None:
            parts.append(section)
        elif name in contexts:
            parts.append(_with_values(section, contexts.pop(name)))
    kept = "".join(parts).rstrip("\n") + "\n"
    return "".join([kept, *(line for name, entry in contexts.items() for line in _section(name, entry))])


def _with_values(section: str, values: Table) -> str:
    """A section whose lines that set something say what `values` has; what is new comes at its end."""
    lines, left = [], dict(values)
    for line in section.splitlines(keepends=True):
        key, value = _assigned(line)
        if not key or (key in left and left[key] == value):
            lines.append(line)
        elif key in left:
            lines += _lines({key: left[key]})
        left.pop(key, None)
    end = max((i + 1 for i, line in enumerate(lines) if line.strip()), default=0)  # before the empty lines at its end
    return "".join([*lines[:end], *_lines(left), *lines[end:]])


def _assigned(line: str) -> tuple[str, object]:
    """The key that a line gives a value, and that value; an empty key where it is a heading, a comment or empty."""
    try:
        ((key, value),) = tomllib.loads(line).items()
    except ValueError:
        return "", None
    return ("", None) if isinstance(value, dict) else (key, value)


def _name(section: str) -> str | None:
    """The context whose section that is; None where it is something else."""
    try:
        (name,) = tomllib.loads(section)["contexts"]
    except (KeyError, ValueError, TypeError):
        return None
    return name


def _plain(content: dict) -> Table:
    return {key: value for key, value in content.items() if key != "contexts"}


def _section(name: str, entry: Table) -> list[str]:
    return [f"\n[contexts.{_key(name)}]\n", *_lines(entry)]


def _lines(values: Table) -> list[str]:
    return [f"{_key(key)} = {_value(value)}\n" for key, value in values.items()]


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _value(text)


def _value(value: object) -> str:
    """A text, a number or a list; JSON's form is TOML's, but for the one character that only TOML escapes."""
    if not isinstance(value, str | int | float | list):
        raise Failed(f"fleetctl.toml holds {value!r}, which fleetctl does not know and would lose. Take it out first.")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""Schema files: YAML as a person writes it, read strictly. What the settings mean is henge_protocol's affair."""

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from fleetctl.errors import Failed

_BARE_COLOUR = re.compile(r"[:,\[]\s+#[0-9a-fA-F]{3,8}\b")
_MAX_BYTES = 1 << 20  # far above what 256 settings take; a wrong file is not read whole


class SchemaFile(NamedTuple):
    """What a file says."""

    path: Path
    name: str
    settings: Any


def load(path: Path) -> SchemaFile:
    """The schema in a file (- is standard input). Raises Failed."""
    content = _parsed(path, _text(path))
    if not isinstance(content, dict):
        raise Failed(f"{path} should hold a map with name and settings.")
    unknown = [str(key) for key in content if key not in ("name", "settings")]
    if unknown:
        raise Failed(f"{path} has {', '.join(unknown)} at its top, where only name and settings belong.")
    if not isinstance(content.get("name"), str):
        raise Failed(f"{path} has no name. Write one at its top, for example `name: lamp`.")
    return SchemaFile(path, content["name"], content.get("settings"))


def _text(path: Path) -> str:
    try:
        if str(path) == "-":
            return sys.stdin.read(_MAX_BYTES)
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Failed(f"{path} is not a text in UTF-8.") from error
    if len(text) > _MAX_BYTES:
        raise Failed(f"{path} is larger than {_MAX_BYTES} bytes: that is no schema.")
    return text


def _lost_in_comment(text: str, last: int) -> int | None:
    """The last line up to `last` that holds a colour without quotes; lines count from 0."""
    lines = text.splitlines()[: last + 1]
    return max((i for i, line in enumerate(lines) if _BARE_COLOUR.search(line)), default=None)


def _parsed(path: Path, text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML in which a key stands once: PyYAML takes the last of several, and says nothing."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for i, key in enumerate(keys):
                if any(key.value == earlier.value for earlier in keys[:i]):
                    text = f"{key.value} stands here a second time"
                    raise yaml.constructor.ConstructorError(None, None, text, key.start_mark)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        comment = _lost_in_comment(text, mark.line if mark else 0)
        if comment is not None:
            said = 'what begins with # is a comment in YAML; put quotes round it, as in "#ff8800"'
            raise Failed(f"{path}, line {comment + 1}: {said}.") from error
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Failed(f"{path}{where}: {error.problem or error}.") from error
    except yaml.YAMLError as error:
        raise Failed(f"{path} is not YAML: {error}.") from error

"""Output: one answer as a table for people, or as JSON, YAML or bare names for scripts.

Answers go to standard output; sentences about them go there only in table form, so that a script reads nothing else.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TextIO

from fleetctl.terminal import painted, printable

Item = dict[str, Any]

_GAP = "  "


class Form(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


class Column(NamedTuple):
    """A column of a table: its heading, the cell's text, and the cell's colour ("" for none)."""

    heading: str
    text: Callable[[Item], str]
    colour: Callable[[Item], str] = lambda item: ""


class Output:
    """Writes to `stream` in one form."""

    def __init__(self, form: Form = Form.TABLE, stream: TextIO | None = None) -> None:
        self.form = form
        self._stream = stream or sys.stdout

    @property
    def is_for_people(self) -> bool:
        return self.form is Form.TABLE

    def say(self, text: str) -> None:
        """A sentence for people; nothing in the other forms. Its lines may be coloured: texts of others are not."""
        if self.is_for_people:
            self._line(text)

    def items(self, items: Iterable[Item], columns: Sequence[Column], name: str, nothing: str) -> None:
        """A list. `name` is the field that names an item; `nothing` is said in a table of none."""
        found = list(items)
        if self.form is Form.NAME:
            for item in found:
                self._line(str(item[name]))
        elif not self.is_for_people:
            self._data(found)
        elif found:
            self._table(found, columns)
        else:
            self._line(nothing)

    def item(self, item: Any, name: str, show: Callable[[], None]) -> None:
        """One thing; `show` writes it for people."""
        if self.form is Form.NAME:
            self._line(name)
        elif self.is_for_people:
            show()
        else:
            self._data(item)

    def event(self, item: Item, name: str, line: Callable[[], str]) -> None:
        """One of a stream: a line each in every form but YAML, where it is a document."""
        if self.form is Form.JSON:
            self._line(json.dumps(item, ensure_ascii=False))
        elif self.form is Form.YAML:
            self._line("---")
            self._data(item)
        else:
            self._line(name if self.form is Form.NAME else line())
        self._stream.flush()

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values beneath each other, for people. A pair without a value is left out."""
        kept = [(name, value) for name, value in pairs if value]
        width = max((len(name) for name, _ in kept), default=0)
        for name, value in kept:
            self._line(f"{name.ljust(width)}{_GAP}{printable(value)}")

    def _table(self, items: list[Item], columns: Sequence[Column]) -> None:
        rows = [[printable(column.text(item)) for column in columns] for item in items]
        widths = [max(len(column.heading), *(len(row[i]) for row in rows)) for i, column in enumerate(columns)]
        self._line(_GAP.join(c.heading.ljust(w) for c, w in zip(columns, widths, strict=True)).rstrip())
        for item, row in zip(items, rows, strict=True):
            cells = [
                self._painted(text, column.colour(item)) + " " * (width - len(text))
                for text, column, width in zip(row, columns, widths, strict=True)
            ]
            self._line(_GAP.join(cells).rstrip())

    def _painted(self, text: str, colour: str) -> str:
        return painted(text, colour, self._stream) if colour else text

    def _data(self, item: Any) -> None:
        if self.form is Form.JSON:
            self._line(json.dumps(item, indent=2, ensure_ascii=False))
            return
        import yaml

        self._stream.write(yaml.safe_dump(item, sort_keys=False, allow_unicode=True))

    def _line(self, text: str) -> None:
        print(text, file=self._stream)

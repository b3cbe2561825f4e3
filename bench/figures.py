"""Figures: what a benchmark found, and the table that they are printed in. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Above this share of its core, a wall time is the load generator's as much as the broker's.
MOST_LOAD = 80.0
_BY_THE_WALL = ("s", "ms", "/s")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or the text that says why there is none. With `beside`, mosquitto's in the same run, what counts is
    the ratio of the two, unless the aim is `absolute`.
    """

    name: str
    value: float | str
    unit: str
    aim: float | None = None  # the most that the ratio, or without one the value, should be; of a rate the least
    beside: float | str | None = None
    is_rate: bool = False  # more is better
    beyond: float | None = None  # what would lead the field
    absolute: bool = False
    other: float | str | None = None  # amqtt's
    load: tuple[float, ...] = ()  # the load generator's share of its core in percent, beside each broker

    @property
    def ratio(self) -> float | None:
        """How many times mosquitto's figure."""
        if isinstance(self.value, str) or isinstance(self.beside, str) or not self.beside or not self.value:
            return None
        return None if self.unit == "%" else self.value / self.beside  # a share of a core says how, not how much

    @property
    def is_by_load(self) -> bool:
        """Whether the generator took so much of its core that the figure may be its own."""
        return self.unit in _BY_THE_WALL and max(self.load, default=0) > MOST_LOAD

    def reaches(self, aim: float | None) -> bool | None:
        """Whether the figure is as good as `aim`; None without one."""
        if aim is None:
            return None
        if isinstance(self.value, str):
            return False
        counts = self.value if self.absolute or self.beside is None else self.ratio
        if counts is None:
            return isinstance(self.beside, str)  # mosquitto did not get there
        return counts >= aim if self.is_rate else counts <= aim


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


_COLUMNS = ("what", "henge", "mosquitto", "amqtt", "ratio", "aim", "beyond", "met", "load")


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, padded so that it can be read as it stands. Columns that nobody fills are left out."""
    rows = [_COLUMNS, *map(_row, figures)]
    kept = [column for column in range(len(_COLUMNS)) if column == 0 or any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in kept}
    lines = ["| " + " | ".join(row[column].ljust(widths[column]) for column in kept) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (widths[column] + 2) for column in kept) + "|")
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        _cell(figure.value, figure.unit),
        _cell(figure.beside, figure.unit),
        _cell(figure.other, figure.unit),
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        _aim(figure, figure.aim),
        _aim(figure, figure.beyond),
        _met(figure),
        " / ".join(f"{share:.0f}" for share in figure.load) + (" %" if figure.load else ""),
    )


def _aim(figure: Figure, aim: float | None) -> str:
    if aim is None:
        return ""
    unit = figure.unit if figure.absolute or figure.beside is None else "x"
    return f"{'≥' if figure.is_rate else '≤'} {aim:g} {unit}".strip()


def _met(figure: Figure) -> str:
    """What the figure reached; a wall time of the load generator's reaches nothing."""
    if figure.aim is None:
        return ""
    if figure.is_by_load:
        return "(load)"
    return "beyond" if figure.reaches(figure.beyond) else "yes" if figure.reaches(figure.aim) else "no"


def _cell(value: float | str | None, unit: str) -> str:
    """Three digits that mean something, or the text that stands for them."""
    if value is None or isinstance(value, str):
        return value or ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f} {unit}".strip()

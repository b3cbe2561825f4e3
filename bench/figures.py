"""Figures: what a benchmark found, and the table that they are printed in. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. With `beside`, mosquitto's in the same run, what counts is the ratio of the two."""

    name: str
    value: float
    unit: str
    aim: float | None = None  # the most that the ratio, or without one the value, should be
    beside: float | None = None
    is_rate: bool = False  # more is better

    @property
    def ratio(self) -> float | None:
        """How many times mosquitto's time or effort; below 1 henge needs less."""
        if not self.beside or not self.value or self.unit == "%":  # a share of a core says how, not how much
            return None
        return self.beside / self.value if self.is_rate else self.value / self.beside

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None without one."""
        if self.aim is None:
            return None
        return (self.value if self.beside is None else self.ratio or math.inf) <= self.aim


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, padded so that it can be read as it stands."""
    rows = [("what", "henge", "mosquitto", "ratio", "aim", "met")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    beside = _number(figure.beside, figure.unit) if figure.beside is not None else ""
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    aim = "" if figure.aim is None else f"≤ {figure.aim:g}" + (f" {figure.unit}" if figure.beside is None else " x")
    met = {None: "", True: "yes", False: "no"}[figure.is_met]
    return figure.name, _number(figure.value, figure.unit), beside, ratio, aim, met


def _number(value: float, unit: str) -> str:
    """Three digits that mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f} {unit}"

"""Notes: what the rounds found about one broker."""

from statistics import median

Key = tuple[str, int, str]
"""The trial, how many clients took part, and what was measured."""


class Notes:
    """Every figure of every round; what is read is the median."""

    def __init__(self) -> None:
        self._found: dict[Key, list[float]] = {}
        self._failures: dict[tuple[str, int], str] = {}

    def add(self, trial: str, clients: int, **values: float) -> None:
        for name, value in values.items():
            self._found.setdefault((trial, clients, name), []).append(value)

    def fail(self, trial: str, clients: int, why: str) -> None:
        """The trial did not come to its end in some round, which stands for all."""
        self._failures[trial, clients] = why

    def read(self, trial: str, clients: int, name: str) -> float | str | None:
        """The median, or the text that says why there is none; None where nobody tried."""
        failure = self._failures.get((trial, clients))
        values = self._found.get((trial, clients, name))
        return failure or (median(values) if values else None)

    def last(self, trial: str, clients: int) -> dict[str, float] | str:
        """What was found last."""
        failure = self._failures.get((trial, clients))
        return failure or {
            name: values[-1] for (one, many, name), values in self._found.items() if (one, many) == (trial, clients)
        }

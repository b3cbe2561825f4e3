"""Settings: the values in use, for drivers and applications to read, and who is told when they change.

A set of values is applied whole or not at all: when one driver does not take it, those before it get the old values
back. One that does not take those either is given the values in use whenever there are new ones, and keeps nobody from
them meanwhile.
"""

from henge_protocol import errors, verdicts
from henge_protocol.errors import WHOLE_DOCUMENT, Problem

from henge_agent.compat import explain


class NotApplied(Exception):
    """A driver did not take the values; the old ones are in use. `problems` says which and why."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


class Settings:
    """What `drivers` declare, together, and its values. `warn(text)` is told what cannot be reported otherwise.

    A driver has `SETTINGS`, a map of declarations, and `apply(values)`, which gets all values and may raise. Raises
    ValueError where two declare the same setting. That each declaration is sound is for the drivers' tests.
    """

    def __init__(self, drivers: list, warn) -> None:
        self._drivers = drivers
        self._warn = warn
        self._behind: list = []  # drivers that have not taken the values in use
        self._callbacks: list = []
        self._values: dict = {}
        declarations = {}
        for driver in drivers:
            for key in driver.SETTINGS:
                if key in declarations:
                    raise ValueError("two drivers declare " + key)
            declarations.update(driver.SETTINGS)
        self.declared = verdicts.Declared(declarations)

    def __getitem__(self, key: str):
        return self._values[key]

    def get(self, key: str, default=None):
        """The value of a setting, or `default` where there is none of that name."""
        return self._values.get(key, default)

    def on_change(self, callback) -> None:
        """`callback(key, value)` is called for each value that changed, after all drivers have taken theirs."""
        self._callbacks.append(callback)

    def begin(self, values: dict) -> "list[Problem]":
        """The first values at a start. They hold even where a driver does not take them, which is what it returns."""
        problems = []
        self._values = values
        for driver in self._drivers:
            try:
                self.repeat(driver)
            except Exception as error:
                problems.extend(_problems(driver, sorted(driver.SETTINGS), error))
        return problems

    def repeat(self, driver) -> None:
        """Hands the values in use to a driver again. Raises what the driver raises."""
        if driver not in self._behind:
            self._behind.append(driver)
        driver.apply(self._values)
        self._behind.remove(driver)

    def apply(self, values: dict) -> None:
        """Makes `values` those in use. Raises NotApplied, and then the old ones still are."""
        before = self._values
        keys = sorted(set(before) | set(values))  # one that is there no more has changed too
        changed = [key for key in keys if before.get(key) != values.get(key)]
        taken = []
        for driver in self._drivers:
            if not any(key in changed for key in driver.SETTINGS):
                continue
            taken.append(driver)  # the one that fails, too: it may have failed halfway
            try:
                driver.apply(values)
            except Exception as error:
                self._give_back(taken)
                raise NotApplied(_problems(driver, changed, error))
        self._values = values
        self._behind = [driver for driver in self._behind if driver not in taken]
        self._give_back(self._behind)
        self._tell(changed)

    def _give_back(self, drivers: list) -> None:
        for driver in list(drivers):
            try:
                self.repeat(driver)
            except Exception as error:
                self._warn("{} did not take the settings in use: {}".format(type(driver).__name__, why(driver, error)))

    def _tell(self, changed: "list[str]") -> None:
        for callback in self._callbacks:
            for key in changed:
                try:
                    callback(key, self._values.get(key))
                except Exception as error:
                    is_secret = key in self.declared and self.declared[key].secret
                    text = type(error).__name__ if is_secret else explain(error)
                    self._warn("a callback on {} failed: {}".format(key, text))


def why(driver, error: Exception) -> str:
    """What is wrong with a driver. An error may quote a value, which nobody may see where the driver has secrets."""
    is_secret = any(declaration.get("secret") for declaration in driver.SETTINGS.values())
    return type(error).__name__ if is_secret else explain(error)


def _problems(driver, changed: "list[str]", error: Exception) -> "list[Problem]":
    """One problem for each changed setting of the driver that failed, since it takes them together."""
    text = type(driver).__name__ + ": " + why(driver, error)
    keys = [key for key in changed if key in driver.SETTINGS] or [WHOLE_DOCUMENT]
    return [Problem(key, errors.DRIVER_FAILED, text) for key in keys]

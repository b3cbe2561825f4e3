"""A driver that does what no driver should, for boards of scenarios: it runs on the board, beside the board's own.

`hang` computes for ever, `reset` restarts the board: both before the settings they came with were reported as applied.
"""

import machine  # type: ignore[import-not-found]
from henge_agent.drivers.driver import Driver


class Trouble(Driver):
    SETTINGS = {"test.trouble": {"type": "enum", "choices": ["none", "hang", "reset"], "default": "none"}}

    def apply(self, values: dict) -> None:
        if values["test.trouble"] == "reset":
            machine.reset()
        while values["test.trouble"] == "hang":
            pass


def troubled(kind):
    """The class of a board with this driver more."""

    class Troubled(kind):
        def drivers(self) -> list:
            return kind.drivers(self) + [Trouble()]

    return Troubled

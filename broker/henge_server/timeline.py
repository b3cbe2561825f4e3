"""Timeline: when each stage of a change was done, for the last revisions only. Feeds the Server-Timing header and the
benchmarks.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum, auto

# Revisions remembered: more than wait for an answer at a time.
_KEPT = 4096


class Stage(IntEnum):
    """The stages of a change, in their order."""

    ARRIVED = auto()  # the request was read
    DECIDED = auto()  # it was checked, and a revision was signed
    COMMITTED = auto()  # the revision is on disk
    PUSHED = auto()  # it was handed to the broker
    REPORTED = auto()  # the board's report arrived
    RECORDED = auto()  # the report is on disk


_NAMES = {
    Stage.DECIDED: "http",
    Stage.COMMITTED: "commit",
    Stage.PUSHED: "push",
    Stage.REPORTED: "board",
    Stage.RECORDED: "record",
}


class Timeline:
    """Moments by (device, rev), in seconds of a clock that only runs forward."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._moments: OrderedDict[tuple[str, int], dict[Stage, float]] = OrderedDict()

    def mark(self, device: str, rev: int, stage: Stage, at: float | None = None) -> None:
        """Notes that a stage is done now (or was at `at`); the first time counts."""
        moments = self._moments.setdefault((device, rev), {})
        moments.setdefault(stage, self.clock() if at is None else at)
        if len(self._moments) > _KEPT:
            self._moments.popitem(last=False)

    def server_timing(self, device: str, rev: int) -> str:
        """The stages between request and answer as a Server-Timing header (W3C), in milliseconds: `commit;dur=0.8,
        push;dur=0.1`.
        """
        moments = dict(sorted(self._moments.get((device, rev), {}).items()))
        parts = []
        before = moments.pop(Stage.ARRIVED, None)
        for stage, at in moments.items():
            if before is not None:
                parts.append(f"{_NAMES[stage]};dur={max(0.0, at - before) * 1000:.2f}")
            before = at
        if before is not None:
            parts.append(f"answer;dur={(self.clock() - before) * 1000:.2f}")
        return ", ".join(parts)

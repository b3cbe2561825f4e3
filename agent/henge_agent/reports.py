"""Reports: numbers what the board says of its documents, and remembers the last one, which `hello` repeats. Pure."""

from henge_protocol.errors import Problem
from henge_protocol.messages import Report

# Bytes of errors in a report: the message may have 4 KiB in all.
_MAX_ERRORS = 3 * 1024
_MAX_TEXT = 160  # characters of one sentence


class Reports:
    """The reports of one start, which the random number `boot` names."""

    def __init__(self, boot: int) -> None:
        self._boot = boot
        self._count = 0
        self.last: "Report | None" = None  # set by whoever makes one that `hello` is to repeat

    def make(self, order: "tuple[int, int]", state: str, digest: bytes, problems: "list[Problem]") -> Report:
        """The next report. Where there are too many problems for a message, the first ones are in it."""
        self._count += 1
        return Report(
            epoch=order[0],
            rev=order[1],
            state=state,
            digest=digest,
            errors=errors_map(problems, _MAX_ERRORS),
            boot=self._boot,
            n=self._count,
        )


def errors_map(problems: "list[Problem]", max_bytes: int) -> dict:
    """{key: [code, text]} of the first problems that fit into `max_bytes`."""
    found = {}
    for problem in problems:
        entry = [problem.code, problem.text[:_MAX_TEXT]]
        max_bytes -= 8 + len(problem.key) + len(entry[0]) + len(entry[1].encode())  # 8: CBOR's heads, at most
        if max_bytes < 0:
            break
        found[problem.key] = entry
    return found

"""Greeting: the `hello` with which a board begins every connection. Pure. Between two of them it is not needed."""

import sys

from henge_protocol import PROTOCOL_VERSION
from henge_protocol.errors import BadMessage, Problem
from henge_protocol.messages import Hello, Report

from henge_agent import VERSION
from henge_agent.reports import errors_map

# The runtime as `hello` names it: "micropython 1.25.0".
_RUNTIME = sys.implementation.name + " " + ".".join(str(part) for part in sys.implementation.version[:3])
# Bytes of the last report's errors that are tried, one after another: a hello has 1 KiB, most of it free.
_ROOM_FOR_ERRORS = (400, 0)


def hello(board, boot: int, caps: bytes, in_use, last: "Report | None", free: int, found, safe: bool) -> bytes:
    """The payload: the random number `boot` names the start of the board, `caps` what its firmware announces; which
    document is `in_use`, the `last` report, bytes of `free` memory, what was `found` wrong with the flash, and whether
    the board is in `safe` mode.
    """
    message = Hello(
        proto=PROTOCOL_VERSION,
        uid=board.uid,
        agent="henge-agent " + VERSION,
        board=board.name,
        runtime=_RUNTIME,
        caps=caps,
        epoch=in_use.epoch,
        rev=in_use.rev,
        digest=in_use.digest,
        boot=boot,
        reset=board.reset_cause,
        free=free,
        found=found,
        rssi=board.rssi(),
        safe=safe,
    )
    if last:
        for room in _ROOM_FOR_ERRORS:
            message.last = _shortened(last, room)
            try:
                return message.encode()
            except BadMessage:
                pass  # too large
    message.last = None
    return message.encode()


def _shortened(report: Report, max_bytes: int) -> dict:
    """A report as a map, with as many of its errors as fit into `max_bytes` with their keys."""
    fields = report.fields()
    found = [Problem(key, *entry) for key, entry in fields["errors"].items()]
    fields["errors"] = errors_map(found, max_bytes)
    return fields

"""Greeting: the `hello` with which a board begins every connection. Pure."""

from henge_protocol import PROTOCOL_VERSION
from henge_protocol.errors import BadMessage
from henge_protocol.messages import Hello

from henge_agent import VERSION
from henge_agent.compat import RUNTIME

# Bytes of the last report's errors that are tried, one after another: a hello has 1 KiB, most of it free.
_ROOM_FOR_ERRORS = (400, 0)


class Greeting:
    """Of one start of a board, which the random number `boot` names; its firmware's announcement is known by `caps`."""

    def __init__(self, board, boot: int, caps: bytes) -> None:
        self._board = board
        self._boot = boot
        self._caps = caps

    def hello(self, in_use, reports, free: int, found: "str | None", safe: bool) -> bytes:
        """The payload: which document is `in_use`, the last of the `reports`, bytes of `free` memory, what was `found`
        wrong with the flash, and whether the board is in `safe` mode.
        """
        board = self._board
        message = Hello(
            proto=PROTOCOL_VERSION,
            uid=board.uid,
            agent="henge-agent " + VERSION,
            board=board.name,
            runtime=RUNTIME,
            caps=self._caps,
            epoch=in_use.epoch,
            rev=in_use.rev,
            digest=in_use.digest,
            boot=self._boot,
            reset=board.reset_cause,
            free=free,
            found=found,
            rssi=board.rssi(),
            safe=safe,
        )
        for room in _ROOM_FOR_ERRORS:
            message.last = reports.last_within(room)
            try:
                return message.encode()
            except BadMessage:
                pass  # too large
        message.last = None
        return message.encode()

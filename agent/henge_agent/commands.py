"""Commands: answers each once, and repeats the answer to one that comes again. Pure.

This version can do none of them yet, and says so: an unanswered command would keep somebody waiting.
"""

from henge_protocol.messages import Command, Result

# Answers kept. The server repeats a command only while it is unanswered, so a handful would do.
_KEPT = 16


class Commands:
    """The commands of one start."""

    def __init__(self) -> None:
        self._answers: list = []  # (id, payload of its result), the oldest first

    def answer(self, payload: bytes) -> bytes:
        """The payload of the result. Raises BadMessage."""
        command = Command.decode(payload)
        for known, result in self._answers:
            if known == command.id:
                return result
        result = Result(id=command.id, ok=False, data="not supported by this agent yet").encode()
        self._answers = self._answers[1 - _KEPT :] + [(command.id, result)]
        return result

"""Commands: carries each out once, one after another, and repeats the answer to one that comes again."""

import asyncio

from henge_protocol.errors import BadMessage
from henge_protocol.messages import Command, Result

from henge_agent.compat import explain

# Answers kept. The server repeats a command only while it is unanswered, so a handful would do.
_KEPT = 8
# Commands that wait: they come in ones, and a board has no room for a crowd.
_MAX_WAITING = 4


class NotDone(Exception):
    """A command could not be carried out. The text says why."""


class Commands:
    """`await carry_out(name, args)` gives a command's data, and may raise NotDone. `answer(name, payload)` gets each
    result, encoded.
    """

    def __init__(self, carry_out, answer) -> None:
        self._carry_out = carry_out
        self._answer = answer
        self._answers: list = []  # (id, name, payload of its result), the oldest first
        self._waiting: list = []  # commands; the first is being carried out
        self._arrived = asyncio.Event()

    def take(self, payload: bytes) -> None:
        """A command has arrived. Raises BadMessage."""
        command = Command.decode(payload)
        for known, name, result in self._answers:
            if known == command.id:
                self._answer(name, result)
                return
        if any(waiting.id == command.id for waiting in self._waiting):
            return  # its answer is on its way
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.append(command)
            self._arrived.set()
        else:
            self._close(command, False, "too many commands wait; send it again later")

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                command = self._waiting[0]
                try:
                    ok, data = True, await self._carry_out(command.name, command.args)
                except Exception as error:  # whatever a driver raises when it is read
                    ok, data = False, str(error) if isinstance(error, NotDone) else explain(error)
                self._waiting.pop(0)
                self._close(command, ok, data)

    def _close(self, command: Command, ok: bool, data) -> None:
        try:
            result = Result(id=command.id, ok=ok, data=data).encode()
        except BadMessage as error:
            result = Result(id=command.id, ok=False, data=str(error)).encode()
        self._answers = self._answers[1 - _KEPT :] + [(command.id, command.name, result)]
        self._answer(command.name, result)

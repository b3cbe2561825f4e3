"""Crew: tasks that live and die together. Whoever makes one owns its tasks; when one ends, the owner hears of it.

asyncio.TaskGroup does not exist on MicroPython, and a task's exception is easily lost there.
"""

import asyncio

# A cancellation can get lost: wait_for swallows one that comes in the moment in which its time is over (MicroPython) or
# what it waits for ends (CPython 3.11). So another is sent to tasks that have not ended after so many seconds. Cleaning
# up takes less, or is cut short then.
_AGAIN_S = 3


class _Member:
    def __init__(self, name: str, coroutine) -> None:
        self.name = name
        self.coroutine = coroutine
        self.task: "asyncio.Task | None" = None


class Crew:
    """`add` tasks, wait for the `first` to end, then `stop` the rest."""

    def __init__(self, again_s: float = _AGAIN_S) -> None:
        self._again_s = again_s
        self._members: list = []
        self._running = 0
        self.is_stopping = False
        self._one_ended = asyncio.Event()
        self._ended = asyncio.Event()
        self._name = ""
        self._error: "Exception | None" = None

    def add(self, name: str, coroutine) -> None:
        """Starts a coroutine as a task."""
        member = _Member(name, coroutine)
        member.task = asyncio.create_task(self._guard(member))
        self._members.append(member)

    async def first(self) -> str:
        """The name of the first task that ended by itself. Raises what that one raised."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._name

    async def stop(self) -> None:
        """Returns when no task is left, also where whoever waits for that is cancelled meanwhile."""
        members, self._members, self.is_stopping = self._members, [], True
        reminder = asyncio.create_task(self._remind(members))
        _cancel(members)
        cancelled = None
        while self._running:
            self._one_ended.clear()
            try:
                await self._one_ended.wait()  # not for the tasks: they would take a cancellation of this one for theirs
            except asyncio.CancelledError as error:
                if cancelled:  # who waits is in a hurry
                    _cancel(members)
                cancelled = error
        reminder.cancel()
        if cancelled:
            raise cancelled
        await asyncio.sleep(0)  # lets the cancellation reach what had not begun
        for member in members:
            member.coroutine.close()  # does nothing to what has ended

    async def _remind(self, members: list) -> None:
        while True:
            await asyncio.sleep(self._again_s)
            _cancel(members)

    async def _guard(self, member: _Member) -> None:
        self._running += 1
        error = None
        try:
            await member.coroutine
        except asyncio.CancelledError:
            if self.is_stopping:
                return
            error = RuntimeError(member.name + " was cancelled")  # from inside: nobody else would hear of it
        except Exception as raised:
            error = raised
        finally:
            self._running -= 1
            self._one_ended.set()
        if not self._ended.is_set():
            self._name, self._error = member.name, error
            self._ended.set()


def _cancel(members: list) -> None:
    for member in members:
        member.task.cancel()

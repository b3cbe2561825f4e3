"""Child: a process that is started again whenever it ends, until its owner is done.

Each is the head of a process group of its own, so that Ctrl-C at the terminal reaches the demo alone, which then ends
them in order, and with them whatever they have started.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

_GRACE_S = 5.0  # to end by itself; a server closes its store in a fraction of that
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0  # between starts of one that cannot stay up
_STEADY_S = 30.0  # after which a start counts as having succeeded

Line = Callable[[str], None]


class Child:
    """One process. `line` hears each line of its output, `ended` at each end how it was."""

    def __init__(
        self,
        argv: Callable[[], Sequence[str]],
        env: dict[str, str],
        folder: Path,
        line: Line,
        ended: Line,
    ) -> None:
        self._argv = argv
        self._env = env
        self._folder = folder
        self._line = line
        self._ended = ended

    async def run(self) -> None:
        """Until it is cancelled; nothing of it runs afterwards."""
        clock = asyncio.get_running_loop().time
        pause = _FIRST_PAUSE_S
        while True:
            started = clock()
            self._ended(await self._once())
            pause = _FIRST_PAUSE_S if clock() - started > _STEADY_S else min(_LONGEST_PAUSE_S, pause * 2)
            await asyncio.sleep(pause)

    async def _once(self) -> str:
        """One life; how it ended."""
        words: deque[str] = deque(maxlen=1)  # the last thing it said on standard error
        process = await asyncio.create_subprocess_exec(
            *self._argv(),
            stdin=PIPE,  # ends with this process, even where that is killed: who listens to it ends, too
            stdout=PIPE,
            stderr=PIPE,
            env=self._env,
            cwd=self._folder,
            start_new_session=True,
        )
        try:
            async with asyncio.TaskGroup() as reading:
                reading.create_task(_read(process.stdout, self._line), name="output")
                reading.create_task(_read(process.stderr, words.append), name="errors")
            return _how(await process.wait(), words)
        finally:
            await _end(process)


def _how(code: int, words: Sequence[str]) -> str:
    """`ended with code 1: OSError: ...`; what was said before somebody else ended it has no part in it."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}" + "".join(f": {word}" for word in words)


async def _read(stream: asyncio.StreamReader | None, line: Line) -> None:
    assert stream is not None
    while data := await stream.readline():
        line(data.decode(errors="replace").rstrip())


async def _end(process: Process) -> None:
    """Ends it and its group: asked first, then made to."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
        except TimeoutError:
            pass
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass

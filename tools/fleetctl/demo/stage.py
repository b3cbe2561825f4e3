"""The stage: owns the demo's processes and its screen, from the first start to the last end.

The boards start when the server has said where it listens; when the stage ends, for whatever reason, they end first,
then the server.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from fleetctl.client import Client
from fleetctl.demo import ground
from fleetctl.demo.boards import Board
from fleetctl.demo.child import Child
from fleetctl.demo.hints import hints
from fleetctl.errors import Failed, FleetctlError


class Screen(Protocol):
    """Where the demo is shown."""

    def begin(self, hints: Sequence[str]) -> None: ...

    def show(self, boards: Sequence[Board], note: str) -> None:
        """Called whenever something has changed, at most ten times a second. `note` is about the server."""
        ...


class Stage:
    """One demo in one folder."""

    def __init__(self, place: Path, interpreter: str, screen: Screen) -> None:
        self._place = place
        self._interpreter = interpreter
        self._screen = screen
        self._boards = [Board(name) for name in ground.BOARDS]
        self._changed = asyncio.Event()
        self._looking: asyncio.Queue[Board] = asyncio.Queue()
        self._url = self._mqtts = ""
        self._note = ""

    async def run(self, until: asyncio.Event) -> None:
        """Until the event is set. Raises Failed where the server does not come up."""
        self._listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        server = Child(self._server_argv, dict(os.environ), self._place, self._server_said, self._server_ended)
        with ExitStack() as stack:
            self._screen.show(self._boards, "The server is starting.")
            serving = asyncio.create_task(server.run(), name="server")
            try:
                await _first(self._listening, until)
                if until.is_set():
                    return
                token = ground.token_file(self._place).read_text().strip()
                context = stack.enter_context(ground.context(self._place, self._url, token, self._mqtts))
                client = stack.enter_context(Client(context))
                await asyncio.to_thread(ground.register, client, self._place)
                self._screen.begin(hints(self._url, ground.token_file(self._place), os.environ.get("HENGE_DEV", "")))
                await self._boards_until(until, client, serving)
            finally:
                await _ended(serving)

    async def _boards_until(self, until: asyncio.Event, client: Client, serving: asyncio.Task[None]) -> None:
        env = {**os.environ, "MICROPYPATH": ground.agent_path(self._place / "agent")}
        tasks = [asyncio.create_task(self._child(board, env).run(), name=board.name) for board in self._boards]
        tasks.append(asyncio.create_task(self._look(client), name="settings"))
        tasks.append(asyncio.create_task(self._draw(), name="screen"))
        stopping = asyncio.create_task(until.wait(), name="until")
        try:
            done, _ = await asyncio.wait([stopping, serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a part that died says why
        finally:
            await _ended(stopping, *tasks)

    def _child(self, board: Board, env: dict[str, str]) -> Child:
        def said(line: str) -> None:
            if board.take(line):
                self._seen(board)

        def ended(how: str) -> None:
            board.ended(how)
            self._changed.set()

        return Child(self._agent_argv(board), env, self._place, said, ended)

    def _seen(self, board: Board) -> None:
        self._changed.set()
        if board.rev and board.rev not in board.settings:
            board.settings[board.rev] = {}
            self._looking.put_nowait(board)

    async def _look(self, client: Client) -> None:
        """Looks up what the revisions mean that the boards say they run."""
        while True:
            board = await self._looking.get()
            rev = board.rev
            try:
                board.settings[rev] = (await asyncio.to_thread(client.revision, board.name, rev))["values"]
            except FleetctlError:
                del board.settings[rev]  # the next line of the board asks again
            self._changed.set()

    async def _draw(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._screen.show(self._boards, self._note)
            await asyncio.sleep(0.1)  # ten a second: smooth to the eye, and the boards show no more

    def _agent_argv(self, board: Board) -> Callable[[], list[str]]:
        return lambda: ground.agent_argv(self._interpreter, self._place, self._mqtts, board.name)

    def _server_argv(self) -> list[str]:
        """Ports of its own choice at first, the same ones after a restart: the boards and the hints know them."""
        http = self._url.removeprefix("http://") or ground.ANY
        return ground.server_argv(self._place, http, self._mqtts or ground.ANY)

    def _server_said(self, line: str) -> None:
        try:
            self._url, self._mqtts = ground.where(line)
        except (ValueError, KeyError, TypeError):
            return
        self._note = ""
        self._changed.set()
        if not self._listening.done():
            self._listening.set_result(None)

    def _server_ended(self, how: str) -> None:
        if not self._listening.done():
            self._listening.set_exception(Failed(f"The demo's server {how}"))
        self._note = f"The server {how}; it is started again."
        self._changed.set()


async def _first(future: asyncio.Future[None], until: asyncio.Event) -> None:
    """Until the future is done (raises what it holds) or the event is set."""
    stopping = asyncio.create_task(until.wait(), name="until")
    try:
        await asyncio.wait([future, stopping], return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            future.result()
    finally:
        await _ended(stopping)


async def _ended(*tasks: asyncio.Task) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""Daemon: one blocking call in a thread of its own that nobody waits for at the end, unlike those of an executor."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress


async def in_thread(work: Callable[[], object], abandoned: Callable[[], None]) -> None:
    """Returns when `work` has, or raises what it raised. Where nobody waits any more then, `abandoned` is called
    instead, on the event loop, to clean up.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.cancelled():
            abandoned()
        elif error:
            done.set_exception(error)
        else:
            done.set_result(None)

    def run() -> None:
        failure = None
        try:
            work()
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: the process is about to end
            loop.call_soon_threadsafe(settle, failure)

    threading.Thread(target=run, name="connect to the broker", daemon=True).start()
    await done

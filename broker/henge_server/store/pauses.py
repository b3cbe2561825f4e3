"""Pauses: a write over a whole fleet has thousands of records; nobody else waits until all of them are through."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

# Records between two looks at the sockets: about a millisecond of work.
_STRETCH = 100

T = TypeVar("T")


async def unhurried(items: Iterable[T]) -> AsyncIterator[T]:
    """The items, handing the event loop back after every stretch of them; at once where there are few."""
    for count, item in enumerate(items, 1):
        yield item
        if count % _STRETCH == 0:
            await asyncio.sleep(0)

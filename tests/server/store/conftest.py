"""The store under test. An engine that is added to `_ENGINES` has to hold every scenario here."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from henge_server.store import Store
from henge_server.store.lmdb import LmdbStore

from tests.server.store import records

_ENGINES = {"lmdb": LmdbStore.open}

OpenStore = Callable[..., Awaitable[Store]]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = records.AT  # ms

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=_ENGINES)
async def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[OpenStore]:
    """Opens the store of this test; again, after it was closed."""
    opened: list[Store] = []

    async def open_it(**options: Any) -> Store:
        store = await _ENGINES[request.param](tmp_path / "store", clock=clock, **options)
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()

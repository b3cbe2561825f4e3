"""The change feed: numbers without gaps and never given twice, from memory or from disk, kept for a stated time."""

import asyncio

import pytest
from henge_server.errors import HistoryGone
from henge_server.store import Store, Write

from tests.server.store import records
from tests.server.store.conftest import Clock, OpenStore

_KEEP_S = 100


async def _read(store: Store, after: int, limit: int = 1000) -> list[tuple[int, int]]:
    return [(change.seq, change.data["rev"]) for change in await store.changes(after, limit)]


async def test_changes_are_numbered_in_the_order_of_writing(store: Store) -> None:
    await asyncio.gather(*(store.write(records.noted(number)) for number in (1, 2, 3)))
    two = Write(changes=[records.change(rev=4), records.change(rev=5)])

    assert await store.write(two) == store.last_seq == 5
    assert await _read(store, 0) == [(n, n) for n in range(1, 6)]
    assert await _read(store, 3, limit=1) == [(4, 4)]
    assert await _read(store, 5) == []


async def test_a_write_without_changes_answers_the_newest_number(store: Store) -> None:
    await store.write(records.noted())

    assert await store.write(Write([records.token()])) == 1


async def test_the_feed_goes_on_after_a_restart(open_store: OpenStore) -> None:
    store = await open_store()
    for number in range(1, 4):
        await asyncio.gather(store.write(records.noted(2 * number - 1)), store.write(records.noted(2 * number)))
    await store.close()

    store = await open_store()

    assert store.last_seq == 6
    for after in range(7):
        assert await _read(store, after) == [(n, n) for n in range(after + 1, 7)]
    assert await _read(store, 1, limit=3) == [(2, 2), (3, 3), (4, 4)]
    assert await store.write(records.noted(7)) == 7
    assert await _read(store, 5) == [(6, 6), (7, 7)]


async def test_memory_holds_a_part_and_the_disk_has_the_rest(store: Store) -> None:
    for start in range(1, 10_001, 2_500):
        await store.write(Write(changes=[records.change(rev=n) for n in range(start, start + 2_500)]))

    assert await _read(store, 0, 3_000) == [(n, n) for n in range(1, 3_001)]
    assert await _read(store, 9_998) == [(9_999, 9_999), (10_000, 10_000)]


def _fail() -> None:
    raise ZeroDivisionError


async def test_listeners_hear_of_a_commit_before_its_writer(store: Store) -> None:
    heard: list[str] = []
    store.on_commit(lambda: heard.append(f"commit {store.last_seq}"))
    store.on_commit(_fail)  # keeps nobody else from hearing

    async def write(write: Write) -> None:
        heard.append(f"written {await store.write(write)}")

    await asyncio.gather(write(records.noted()), write(records.noted()))
    await write(Write([records.token()]))

    assert heard == ["commit 2", "written 1", "written 2", "written 2"]


async def test_a_number_that_was_not_given_yet_is_gone_too(store: Store) -> None:
    await store.write(records.noted())

    with pytest.raises(HistoryGone):
        await store.changes(2)


async def test_old_changes_are_forgotten_and_their_numbers_not_given_again(open_store: OpenStore, clock: Clock) -> None:
    store = await open_store(feed_keep_s=_KEEP_S)
    for number in range(1, 31):
        await store.write(records.noted(number))
    clock.now += (_KEEP_S + 1) * 1000

    for _ in range(10):  # a commit forgets a few at a time
        await store.write(Write([records.token()]))
    await store.close()
    store = await open_store(feed_keep_s=_KEEP_S)

    assert store.last_seq == 30
    with pytest.raises(HistoryGone):
        await store.changes(28)
    assert await _read(store, 29) == [(30, 30)]
    assert await store.write(records.noted(31)) == 31


async def test_changes_are_kept_for_the_stated_time(open_store: OpenStore, clock: Clock) -> None:
    store = await open_store(feed_keep_s=_KEEP_S)
    await store.write(records.noted(1))
    await store.write(records.noted(2))
    clock.now += _KEEP_S * 1000
    await store.write(records.noted(3))
    await store.close()
    store = await open_store(feed_keep_s=_KEEP_S)

    assert await _read(store, 0) == [(1, 1), (2, 2), (3, 3)]
    clock.now += 1
    await store.write(records.noted(4))
    await store.close()
    store = await open_store(feed_keep_s=_KEEP_S)
    with pytest.raises(HistoryGone):
        await store.changes(1)
    assert await _read(store, 2) == [(3, 3), (4, 4)]

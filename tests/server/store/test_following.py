"""A record that does not follow what is stored is refused, together with everything it was written with."""

import asyncio

import pytest
from henge_server.errors import Conflict
from henge_server.models import Tombstone
from henge_server.store import Store, Write

from tests.server.store import records


async def test_a_write_is_read_back_whole(store: Store) -> None:
    await store.write(records.added("porch"))

    assert await store.device("porch") == records.device("porch")
    assert await store.revision("porch") == records.revision("porch")


async def test_a_device_is_refused_when_its_version_does_not_follow(store: Store) -> None:
    await store.write(Write([records.device(version=1)]))

    for version in (1, 3):
        with pytest.raises(Conflict):
            await store.write(Write([records.device(version=version, name="late"), records.token()]))
    assert await store.device("porch") == records.device()
    assert await store.token(records.token().sha256) is None


async def test_a_revision_is_refused_when_it_does_not_follow(store: Store) -> None:
    await store.write(records.added(rev=5))

    for rev in (4, 5, 7):
        with pytest.raises(Conflict):
            await store.write(records.edited(rev=rev))
    assert await store.write(records.edited(rev=6)) == 2


async def test_of_two_writers_at_once_the_second_is_refused(store: Store) -> None:
    await store.write(records.added(rev=1))

    first, second = await asyncio.gather(
        store.write(records.edited(rev=2)), store.write(records.edited(rev=2)), return_exceptions=True
    )

    assert (first, type(second)) == (2, Conflict)
    assert len(await store.changes(0)) == 2


async def test_a_writer_at_once_follows_the_one_before(store: Store) -> None:
    await store.write(records.added(rev=1))

    assert await asyncio.gather(*(store.write(records.edited(rev=rev)) for rev in (2, 3, 4))) == [2, 3, 4]


@pytest.mark.parametrize("record", [records.revision(), records.observed(), records.outcome()])
async def test_what_belongs_to_a_device_that_is_not_there_is_refused(store: Store, record) -> None:
    with pytest.raises(Conflict):
        await store.write(Write([record]))


async def test_a_refused_write_leaves_nothing_for_the_next_one_to_follow(store: Store) -> None:
    half = Write([records.device("attic"), records.schema(), records.revision("cellar")])
    whole = Write([records.device("attic"), records.schema()])

    results = await asyncio.gather(store.write(half), store.write(whole), return_exceptions=True)

    assert [type(result) for result in results] == [Conflict, int]


async def test_a_schema_is_refused_when_its_version_does_not_follow(store: Store) -> None:
    await store.write(Write([records.schema(version=1)]))

    for version in (1, 3):
        with pytest.raises(Conflict):
            await store.write(Write([records.schema(version=version)]))
    await store.write(Write([records.schema(version=2)]))


async def test_a_write_decided_by_a_schema_is_refused_when_there_is_a_newer_one(store: Store) -> None:
    await store.write(Write([records.schema(version=1)]))

    results = await asyncio.gather(
        store.write(Write([records.schema(version=2)])),
        store.write(Write([records.device()], newest_schema=("lamp", 1))),
        store.write(Write([records.device()], newest_schema=("lamp", 2))),
        store.write(Write([records.device("attic")], newest_schema=("none", 0))),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [int, Conflict, int, int]


async def test_a_device_of_a_removed_name_counts_on(store: Store) -> None:
    await store.write(records.added(rev=1))
    await store.write(records.edited(rev=2))
    grave = Tombstone(device="porch", rev=2, generation=1)

    await store.write(Write([grave], removed_device="porch"))

    with pytest.raises(Conflict):
        await store.write(records.added(rev=1))
    await store.write(records.added(rev=3))
    assert await store.tombstone("porch") == grave


async def test_what_cannot_be_kept_fails_its_caller_alone(store: Store) -> None:
    bad = records.change().model_copy(update={"data": {"what": object()}})

    results = await asyncio.gather(
        store.write(Write(changes=[bad])), store.write(records.noted()), return_exceptions=True
    )

    assert [type(result) for result in results] == [TypeError, int]

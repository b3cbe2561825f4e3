"""A removed device leaves its tombstone and nothing else, and takes nothing of its neighbours along."""

import asyncio

from henge_server.models import Tombstone
from henge_server.store import Store, Write

from tests.server.store import records

_GRAVE = Tombstone(device="porch", rev=2, generation=1)


def _removed() -> Write:
    return Write([_GRAVE], removed_device="porch", changes=[records.change()])


async def _nothing_is_left(store: Store) -> bool:
    found = [await store.device("porch"), await store.revision("porch"), await store.revision("porch", 1)]
    return not any(
        [*found, await store.observed("porch"), await store.outcome("porch", 1), *await store.commands("porch")]
    )


async def test_a_removed_device_leaves_its_tombstone_only(store: Store) -> None:
    for name in ("porch", "porch-2"):
        await store.write(records.added(name))
        await store.write(
            Write([records.revision(name, 2), records.outcome(name), records.observed(name), records.command(name)])
        )

    await store.write(_removed())

    assert await _nothing_is_left(store)
    assert await store.tombstone("porch") == _GRAVE
    assert await store.device("porch-2")
    assert len(await store.revisions("porch-2")) == 2
    assert await store.outcome("porch-2", 1)
    assert await store.observed("porch-2")
    assert await store.commands("porch-2")


async def test_a_device_written_and_removed_in_one_commit_is_gone(store: Store) -> None:
    await asyncio.gather(
        store.write(records.added()),
        store.write(Write([records.revision(rev=2), records.outcome(), records.observed(), records.command()])),
        store.write(_removed()),
    )

    assert await _nothing_is_left(store)


async def test_a_device_removed_and_added_in_one_commit_is_the_new_one(store: Store) -> None:
    await store.write(records.added())
    await store.write(Write([records.revision(rev=2), records.outcome(), records.observed(), records.command()]))

    await asyncio.gather(store.write(_removed()), store.write(records.added(rev=3)))

    assert await store.device("porch") == records.device()
    assert [revision.rev for revision in await store.revisions("porch")] == [3]
    assert await store.observed("porch") is None
    assert await store.outcome("porch", 1) is None
    assert await store.commands("porch") == []


async def test_a_report_that_crosses_the_removal_is_refused(store: Store) -> None:
    await store.write(records.added())

    results = await asyncio.gather(
        store.write(_removed()), store.write(Write([records.observed()])), return_exceptions=True
    )

    assert isinstance(results[1], Exception)
    assert await store.observed("porch") is None


async def test_a_removed_schema_begins_again(store: Store) -> None:
    for name in ("lamp", "lamp-2"):
        await store.write(Write([records.schema(name, 1)]))
    await store.write(Write([records.schema("lamp", 2)]))

    await store.write(Write(removed_schema="lamp", newest_schema=("lamp", 2)))

    assert await store.schema("lamp") is None
    assert await store.schema("lamp-2")
    await store.write(Write([records.schema("lamp", 1)]))

"""Lists come in order, in pages, and never with what belongs to a neighbour of a similar name."""

import asyncio

import pytest
from henge_server.store import Store, Write

from tests.server.store import records

_SIMILAR = ["porch", "porch-2", "porch0", "a", "z"]


@pytest.fixture
async def full(store: Store) -> Store:
    for name in _SIMILAR:
        await store.write(records.added(name))
        for rev in (2, 3):
            await store.write(records.edited(name, rev))
        for version in (1, 2):
            await store.write(Write([records.schema(name, version)]))
    return store


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.device("porch") is None
    assert await store.revision("porch") is None
    assert await store.revision("porch", 1) is None
    assert await store.schema("lamp") is None
    assert await store.schema("lamp", 1) is None
    assert await store.outcome("porch", 1) is None
    assert await store.observed("porch") is None
    assert await store.tombstone("porch") is None
    assert await store.token(b"0" * 32) is None
    assert await store.devices() == await store.schemas() == await store.audit() == await store.changes(0) == []


async def test_devices_come_by_id_in_pages(full: Store) -> None:
    ids = []
    while page := await full.devices(after=ids[-1] if ids else "", limit=2):
        ids += [device.id for device in page]

    assert ids == sorted(_SIMILAR)


async def test_schemas_come_by_name_each_in_its_newest_version(full: Store) -> None:
    found = []
    while page := await full.schemas(after=found[-1].name if found else "", limit=2):
        found += page

    assert [(schema.name, schema.version) for schema in found] == [(name, 2) for name in sorted(_SIMILAR)]


async def test_revisions_come_newest_first_below_a_number(full: Store) -> None:
    assert [revision.rev for revision in await full.revisions("porch")] == [3, 2, 1]
    assert [revision.rev for revision in await full.revisions("porch", before=3)] == [2, 1]
    assert [revision.rev for revision in await full.revisions("porch", limit=1)] == [3]
    assert await full.revisions("porch", before=1) == []
    assert await full.revisions("porc") == []


async def test_schema_versions_come_newest_first(full: Store) -> None:
    assert [schema.version for schema in await full.schema_versions("porch")] == [2, 1]
    assert [schema.version for schema in await full.schema_versions("porch", before=2)] == [1]


@pytest.mark.parametrize("number", [-1, 0, 1 << 63, 1 << 70])
async def test_a_number_that_nothing_has_finds_nothing(full: Store, number: int) -> None:
    assert await full.revision("porch", number) is None
    assert await full.schema("porch", number) is None
    assert await full.outcome("porch", number) is None
    assert len(await full.revisions("porch", before=number)) == (3 if number > 3 else 0)
    assert len(await full.audit(before=number)) == (10 if number > 3 else 0)


async def test_audit_entries_are_numbered_newest_first(full: Store) -> None:
    await full.write(Write(audit=[records.entry("one"), records.entry("two")]))

    assert [(number, entry.target) for number, entry in await full.audit(limit=3)] == [
        (12, "two"),
        (11, "one"),
        (10, "z"),
    ]
    assert [number for number, _ in await full.audit(before=12, limit=2)] == [11, 10]


async def test_the_loop_goes_round_while_a_whole_fleet_is_written(store: Store) -> None:
    names = [f"board-{number}" for number in range(2000)]
    write = Write(
        [record for name in names for record in (records.device(name), records.revision(name))],
        changes=[records.change(name) for name in names],
    )
    written = asyncio.create_task(store.write(write))
    turns = 0
    while not written.done():
        turns += 1
        await asyncio.sleep(0)

    assert await written == 2000
    assert turns > 4000 / 100  # one for every stretch of a hundred records, at least
    assert len(await store.devices(limit=5000)) == 2000


async def test_an_outcome_replaces_the_one_before(store: Store) -> None:
    await store.write(records.added())
    await store.write(Write([records.outcome(state="trial"), records.observed(rev=1)]))
    await store.write(Write([records.outcome(state="confirmed"), records.observed(rev=2)]))

    assert await store.outcome("porch", 1) == records.outcome(state="confirmed")
    assert await store.observed("porch") == records.observed(rev=2)

"""The newest commands of a device are kept; a change that does not follow what is there is refused."""

import asyncio

import pytest
from henge_server.errors import Conflict
from henge_server.store import COMMANDS_KEPT, Store, Write

from tests.server.store import records


async def test_the_newest_are_kept_and_come_newest_first(store: Store) -> None:
    await store.write(records.added())
    for number in range(1, COMMANDS_KEPT + 3):
        await store.write(Write([records.command(number=number)]))

    assert [command.number for command in await store.commands("porch")] == list(range(COMMANDS_KEPT + 2, 2, -1))
    assert await store.command("porch", 2) is None
    assert await store.command("porch", 3) == records.command(number=3)


@pytest.mark.parametrize(("number", "version"), [(1, 1), (1, 3), (1 + COMMANDS_KEPT, 2), (2, 2)])
async def test_what_does_not_follow_is_refused(store: Store, number: int, version: int) -> None:
    await store.write(records.added())
    await store.write(Write([records.command()]))

    with pytest.raises(Conflict):
        await store.write(Write([records.command(number=number, version=version)]))
    await store.write(Write([records.command(version=2, result={"found": [b"bytes", 1.5, None]})]))


async def test_one_of_two_of_a_number_is_taken(store: Store) -> None:
    await store.write(records.added())

    writes = [store.write(Write([records.command()])) for _ in range(2)]
    results = await asyncio.gather(*writes, return_exceptions=True)

    assert [isinstance(result, Conflict) for result in results] == [False, True]


async def test_one_for_a_device_that_is_gone_is_refused(store: Store) -> None:
    with pytest.raises(Conflict):
        await store.write(Write([records.command()]))

"""A store without room refuses the write and nothing else: it reads on, and writes on when there is room again."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

from henge_server.errors import StoreFull, StoreUnavailable
from henge_server.store import Store, Write
from henge_server.store.lmdb import LmdbStore

from tests.server.store import records
from tests.server.store.conftest import OpenStore

_ROOT = Path(__file__).parents[3]
_SMALL = 400_000  # bytes: about a hundred pages
_VALUE = 9_000  # bytes: three pages each


def _written(number: int) -> Write:
    return Write([records.token(number, _VALUE)], changes=[records.change(rev=number)], audit=[records.entry()])


async def _fill(store: Store, kind: type[Exception]) -> list[int]:
    """Writes until most is refused; returns the numbers that were taken."""
    taken = []
    for number in range(100):
        try:
            await store.write(_written(number))
        except kind:
            continue
        taken.append(number)
    assert 0 < len(taken) < 100
    return taken


async def _assert_holds(store: Store, taken: list[int]) -> None:
    for number in range(100):
        found = await store.token(number.to_bytes(32, "big"))
        assert (found is not None) == (number in taken)
    assert [change.data["rev"] for change in await store.changes(0)] == taken
    assert len(await store.audit(limit=1000)) == len(taken) == store.last_seq


async def test_a_full_map_refuses_and_reads_on(open_store: OpenStore) -> None:
    store = await open_store(max_bytes=_SMALL)
    taken = await _fill(store, StoreFull)
    await _assert_holds(store, taken)
    await store.close()

    larger = await open_store(max_bytes=2 * _SMALL)

    await _assert_holds(larger, taken)
    assert await larger.write(_written(100)) == len(taken) + 1


async def test_every_writer_of_a_commit_that_failed_is_told(open_store: OpenStore) -> None:
    store = await open_store(max_bytes=_SMALL)

    results = await asyncio.gather(*(store.write(_written(number)) for number in range(100)), return_exceptions=True)

    assert {type(result) for result in results} == {StoreFull}
    assert await store.changes(0) == []
    assert await store.write(records.noted()) == 1


async def _main(folder: Path) -> None:
    """In a process of its own: a limit on the size of files would hold for everything in this one."""
    store = await LmdbStore.open(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL, resource.RLIM_INFINITY))
    taken = await _fill(store, StoreUnavailable)
    await _assert_holds(store, taken)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert await store.write(Write([records.token(200, _VALUE)])) == len(taken)
    await store.close()
    again = await LmdbStore.open(folder)
    await _assert_holds(again, taken)
    await again.close()


def test_a_disk_that_takes_no_more_refuses_and_goes_on_when_it_does(tmp_path: Path) -> None:
    path = ":".join(str(_ROOT / name) for name in ("agent", "broker", "."))
    command = [sys.executable, "-m", "tests.server.store.test_full", str(tmp_path)]

    done = subprocess.run(command, cwd=_ROOT, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))

"""Opening: one server at a time, files for their owner only, and a clear sentence for what cannot be read."""

import asyncio
import os
import stat
import subprocess
import sys
from mmap import PAGESIZE
from pathlib import Path

import cbor2
import lmdb
import pytest
from henge_server.errors import CannotStart, StoreUnavailable
from henge_server.store import Store, Write, layout
from henge_server.store.lmdb import LmdbStore

from tests.server.store import records
from tests.server.store.conftest import Clock, OpenStore


async def test_the_epoch_is_when_the_store_was_made(open_store: OpenStore, clock: Clock) -> None:
    store = await open_store()
    assert store.epoch == records.AT // 1000
    await store.close()
    clock.now += 5000

    assert (await open_store()).epoch == records.AT // 1000


async def test_only_the_owner_may_read(tmp_path: Path) -> None:
    store = await LmdbStore.open(tmp_path / "a" / "store")
    await store.close()

    assert stat.S_IMODE((tmp_path / "a" / "store").stat().st_mode) == 0o700
    files = list((tmp_path / "a" / "store").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_a_second_server_is_told_who_has_the_store(tmp_path: Path, store: Store) -> None:
    with pytest.raises(CannotStart, match=rf"in use by another henge server \(process {os.getpid()}\)"):
        await LmdbStore.open(tmp_path / "store")


def _holder(folder: Path) -> subprocess.Popen[bytes]:
    """A process that has taken the folder and does nothing with it."""
    program = "import sys, time; from pathlib import Path; from henge_server.store.folder import FolderLock\n"
    program += "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
    holder = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE)
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    return holder


async def test_the_store_is_free_when_its_server_was_killed(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        with pytest.raises(CannotStart, match=f"process {holder.pid}"):
            await LmdbStore.open(tmp_path)
        holder.kill()
    store = await LmdbStore.open(tmp_path)
    await store.close()


async def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    await (await LmdbStore.open(tmp_path)).close()
    with lmdb.open(str(tmp_path), lib_version=0) as env, env.begin(write=True) as txn:
        txn.put(layout.META, cbor2.dumps({"format": layout.FORMAT + 1, "epoch": 7}))

    for _ in range(2):  # it lets go of the folder each time
        with pytest.raises(CannotStart, match="written by a newer henge server"):
            await LmdbStore.open(tmp_path)


async def test_a_store_of_the_format_before_is_opened_as_it_is_and_kept_from_older_servers(tmp_path: Path) -> None:
    store = await LmdbStore.open(tmp_path)
    await store.write(records.added())
    await store.close()
    with lmdb.open(str(tmp_path), lib_version=0) as env, env.begin(write=True) as txn:
        txn.put(layout.META, cbor2.dumps({"format": 1, "epoch": 7}))

    store = await LmdbStore.open(tmp_path)
    assert (store.epoch, await store.device("porch")) == (7, records.device())
    await store.close()
    with lmdb.open(str(tmp_path), lib_version=0) as env, env.begin() as txn:
        assert cbor2.loads(txn.get(layout.META) or b"") == {"format": layout.FORMAT, "epoch": 7}


async def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"holiday pictures" * 1000)

    with pytest.raises(CannotStart, match="cannot be opened"):
        await LmdbStore.open(tmp_path)
    assert (tmp_path / "data.mdb").read_bytes() == b"holiday pictures" * 1000


@pytest.mark.parametrize("pages_left", [0.5, 1, 2, 3, 8])
async def test_a_file_that_was_cut_off_is_refused_and_left_alone(tmp_path: Path, pages_left: float) -> None:
    store = await LmdbStore.open(tmp_path)
    for number in range(200):
        await store.write(records.noted(number))
    await store.close()
    data = tmp_path / "data.mdb"
    length = int(pages_left * PAGESIZE)
    os.truncate(data, length)

    with pytest.raises(CannotStart, match="Put a copy of the folder back"):
        await LmdbStore.open(tmp_path)
    assert data.stat().st_size == length


async def test_a_file_whose_last_pages_nobody_uses_is_taken(tmp_path: Path) -> None:
    await (await LmdbStore.open(tmp_path)).close()
    with lmdb.open(str(tmp_path), lib_version=0) as env:
        with env.begin(write=True) as txn:
            txn.put(b"zz", bytes(100_000))
        with env.begin(write=True) as txn:
            txn.delete(b"zz")
    with lmdb.open(str(tmp_path), lib_version=0) as env:
        used = PAGESIZE * (env.info()["last_pgno"] + 1)
    os.truncate(tmp_path / "data.mdb", used - PAGESIZE)

    store = await LmdbStore.open(tmp_path)
    assert await store.devices() == []
    await store.close()


async def test_an_empty_folder_is_refused_where_there_was_a_store(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="what was in it is lost"):
        await LmdbStore.open(tmp_path, may_make=False)
    assert not (tmp_path / "data.mdb").exists()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="file/store"):
        await LmdbStore.open(tmp_path / "file" / "store")


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "server.lock").mkdir()

    with pytest.raises(CannotStart, match="cannot be written"):
        await LmdbStore.open(tmp_path)


async def test_a_feed_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    await (await LmdbStore.open(tmp_path)).close()
    with lmdb.open(str(tmp_path), lib_version=0) as env, env.begin(write=True) as txn:
        txn.put(layout.FEED + layout.number(7), b"\xff")

    for _ in range(2):  # it lets go of the folder each time
        with pytest.raises(CannotStart, match="cannot be used"):
            await LmdbStore.open(tmp_path)


async def test_a_record_that_cannot_be_read_fails_those_who_need_it_alone(tmp_path: Path) -> None:
    await (await LmdbStore.open(tmp_path)).close()
    with lmdb.open(str(tmp_path), lib_version=0) as env, env.begin(write=True) as txn:
        txn.put(layout.device("porch"), b"\xff")
    store = await LmdbStore.open(tmp_path)

    results = await asyncio.gather(
        store.write(Write([records.device("porch", 2)])),
        store.write(Write([records.device("attic")])),
        store.device("porch"),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [StoreUnavailable, int, StoreUnavailable]
    await store.close()


async def test_a_closed_store_refuses_and_has_kept_what_it_accepted(open_store: OpenStore) -> None:
    store = await open_store()
    accepted = [asyncio.create_task(store.write(records.noted(number))) for number in range(1000)]
    await asyncio.sleep(0)
    await asyncio.gather(store.close(), store.close())

    with pytest.raises(StoreUnavailable):
        await store.write(records.noted())
    with pytest.raises(StoreUnavailable):
        await store.device("porch")
    assert sorted([await task for task in accepted]) == list(range(1, 1001))
    assert (await open_store()).last_seq == 1000


async def test_a_write_whose_caller_went_away_is_kept(open_store: OpenStore) -> None:
    store = await open_store()
    caller = asyncio.create_task(store.write(records.added()))
    await asyncio.sleep(0)
    caller.cancel()
    await store.close()

    assert await (await open_store()).device("porch")

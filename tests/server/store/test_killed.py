"""A server that is killed at any moment has lost no write that it acknowledged, and has no half of one.

A kill leaves the page cache to the kernel. A cut of the power, with its torn pages, is LMDB's promise and not tested.
"""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from henge_server.store import Store
from henge_server.store.lmdb import LmdbStore

_ROOT = Path(__file__).parents[3]
_DEVICES = ["attic", "cellar", "porch"]
_KILLS = 6


def _write_until_killed(folder: Path, lines: int) -> dict[str, int]:
    """Kills a writer after it printed so many lines. Returns the newest rev that it acknowledged for each device."""
    command = [sys.executable, "-m", "tests.server.store.kill_writer", str(folder), *_DEVICES]
    path = ":".join(str(_ROOT / name) for name in ("agent", "broker", "."))
    with subprocess.Popen(command, cwd=_ROOT, env={"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        acknowledged = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        acknowledged += writer.stdout.readlines()
    return {device: int(rev) for device, rev in map(str.split, acknowledged)}


async def _assert_whole(store: Store, device: str) -> None:
    """Every revision has its change and its audit entry, and the other way round."""
    revs = [revision.rev for revision in await store.revisions(device, limit=100_000)]
    changes = [change.data["rev"] for change in await store.changes(0, 100_000) if change.device == device]
    entries = [entry.detail["rev"] for _, entry in await store.audit(limit=100_000) if entry.target == device]
    assert revs == changes[::-1] == list(range(len(revs), 0, -1))
    assert revs[:-1] == entries  # the first one came with the device, without an entry


@pytest.mark.parametrize("seed", [1])
async def test_every_acknowledged_write_is_there_when_the_writer_was_killed(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    for _ in range(_KILLS):
        acknowledged = _write_until_killed(tmp_path / "store", moments.randrange(1, 200))
        store = await LmdbStore.open(tmp_path / "store")
        try:
            for device, rev in acknowledged.items():
                newest = await store.revision(device)
                assert newest
                assert newest.rev >= rev
                await _assert_whole(store, device)
            assert [change.seq for change in await store.changes(0, 100_000)] == list(range(1, store.last_seq + 1))
        finally:
            await store.close()

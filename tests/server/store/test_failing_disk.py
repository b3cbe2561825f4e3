"""A disk that fails for a while: writers are told, nothing is half there, and the store works again when it does."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from henge_server.errors import StoreUnavailable
from henge_server.store.lmdb import LmdbStore

from tests.server.store import records

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]


async def _main(folder: Path, fault: Path) -> None:
    """In a process of its own, whose system calls fail while `fault` is there."""
    store = await LmdbStore.open(folder)
    await store.write(records.added())
    fault.touch()  # noqa: ASYNC240
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store.write(records.edited(rev=2))
    assert (await store.revision("porch")) == records.revision(rev=1)
    fault.unlink()  # noqa: ASYNC240
    assert await store.write(records.edited(rev=2)) == 2
    await store.close()
    again = await LmdbStore.open(folder)
    assert [revision.rev for revision in await again.revisions("porch")] == [2, 1]
    assert [change.data["rev"] for change in await again.changes(0)] == [1, 2]
    await again.close()


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("fault", ["FAIL_SYNC", "FAIL_META"])
def test_the_store_works_again_when_the_disk_does(tmp_path: Path, fault: str) -> None:
    library = tmp_path / "failing_disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, _HERE / "failing_disk.c", "-ldl"], check=True)
    path = ":".join(str(_ROOT / name) for name in ("agent", "broker", "."))
    environment = os.environ | {"PYTHONPATH": path, "LD_PRELOAD": str(library), fault: str(tmp_path / "fault")}
    command = [sys.executable, "-m", "tests.server.store.test_failing_disk", tmp_path / "store", tmp_path / "fault"]

    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), Path(sys.argv[2])))

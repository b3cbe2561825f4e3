"""Writes to a store until it is killed, and prints what was acknowledged: `python kill_writer.py FOLDER DEVICE...`.

One line for each write that returned: the device and its rev. A write is a revision, a change and an audit entry.
"""

import asyncio
import os
import sys
from pathlib import Path

from henge_server.store.lmdb import LmdbStore

from tests.server.store import records


async def main(folder: Path, devices: list[str]) -> None:
    store = await LmdbStore.open(folder)
    await asyncio.gather(*(_write_for_ever(store, device) for device in devices))


async def _write_for_ever(store: LmdbStore, device: str) -> None:
    newest = await store.revision(device)
    if newest is None:
        await store.write(records.added(device))
    rev = newest.rev if newest else 1
    while True:
        rev += 1
        await store.write(records.edited(device, rev))
        os.write(1, f"{device} {rev}\n".encode())  # one system call: a kill does not cut it


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))

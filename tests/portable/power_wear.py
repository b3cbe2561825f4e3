"""Applies documents one after another on LittleFS and tells how the flash was worn, and whether memory was lost.

A program for MicroPython: `power_wear.py DOCUMENTS BYTES FILE`. It prints one line of JSON. The chip is as large as a
Pico W's, and lies in a file that is made: in the heap it would be what every collection has to look through.
"""

import gc
import json
import sys

from agent_fakes import Life
from fleetsim.flash import PICO_W_BYTES, FileImage, Flash
from henge_agent.flash_storage import FlashStorage
from power_subject import Order, Sign, forget_messages

_FIRST = 100  # documents after which memory is looked at: what is kept for good is there by then


class CountingStorage(FlashStorage):
    """Counts the writes to each place."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.by_place: dict = {}

    def write(self, place: str, *parts: bytes) -> None:
        self.by_place[place] = self.by_place.get(place, 0) + 1
        super().write(place, *parts)


def apply(life: Life, sign: Sign, rev: int, size: int) -> None:
    """A document that is taken; what tests would look at afterwards is forgotten."""
    assert life.takes(Order(rev, rev % 90 + 1, "home", size).message()) == [(rev, "applied")]
    for kept in (life.wire.reports, life.said, sign.tried):
        kept.clear()
    forget_messages()


def free() -> int:
    """Bytes of heap."""
    gc.collect()
    return gc.mem_free()  # type: ignore[attr-defined]


def main(documents: int, size: int, path: str) -> None:
    """See above."""
    import vfs  # type: ignore[import-not-found]

    flash = Flash(FileImage(path, PICO_W_BYTES))
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/wear")
    storage = CountingStorage("/wear/henge")
    sign = Sign()
    life = Life(storage, sign)  # type: ignore[arg-type]
    for rev in range(1, _FIRST + 1):
        apply(life, sign, rev, size)
    before = free()
    for rev in range(_FIRST + 1, documents + 1):
        apply(life, sign, rev, size)
    after = free()
    print(
        json.dumps(
            {
                "documents": documents,
                "writes": storage.by_place,
                "free_first": before,
                "free_last": after,
                "erases": sum(flash.erases),
                "busiest": max(flash.erases),
                "mean": sum(flash.erases) / len(flash.erases),
                "programs": sum(flash.programs),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

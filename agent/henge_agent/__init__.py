"""The agent: what runs on a board. It takes signed documents, applies each whole or not at all, and says which.

The same source runs on CPython and MicroPython. `Agent` in agent.py is the whole of it; a board is passed in.
"""

import gc

VERSION = "0.1.0"

# Bytes of heap. A larger one has room between what is scattered, and takes too long to collect that often: on a
# computer it would double the time that a document takes.
_SMALL_HEAP = 512 * 1024

# MicroPython collects when its heap is full, and moves nothing. What was imported would lie scattered over all of it,
# with no gap that a document fits into: seen on 192 KiB. Collected after every 8 KiB, what is free stays in one piece.
if hasattr(gc, "threshold") and gc.mem_alloc() + gc.mem_free() < _SMALL_HEAP:  # type: ignore[attr-defined]
    gc.threshold(8192)  # type: ignore[attr-defined]

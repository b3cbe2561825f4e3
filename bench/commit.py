"""commit: the store alone, one write at a time and several, with the event loop idle and busy.

Supports decision 0002: the writer's thread needs the interpreter several times for one commit, and a busy loop gives it
back only after the switch interval. A write is what an edit writes: a revision, a change, an audit entry.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from henge_server.models import AuditEntry, Change, ChangeKind, Credential, Device, Revision
from henge_server.store import Store, Write
from henge_server.store.lmdb import LmdbStore

from bench.figures import Figure, quantile
from bench.machine import SERVER_CORES, on_cores, scratch
from bench.scale import Scale

_SWITCH_S = (0.005, 0.0005, 0.00001)  # CPython's own switch interval, a tenth of it, and the server's
# A turn of the busy loop: what some ten requests that arrive together make of it. Between two turns the loop looks at
# its sockets and lets go of the interpreter, so a turn below the switch interval would hide what is measured.
_TURN_S = 0.01
_DOCUMENT = bytes(200)  # a document of five settings is about this long


def run(scale: Scale) -> list[Figure]:
    """Each combination of how many, how busy and how the interpreter switches. On the server's core."""
    figures = []
    with on_cores(SERVER_CORES), scratch() as folder:
        settings = itertools.product((1, scale.in_flight), (False, True), _SWITCH_S)
        for number, (in_flight, is_busy, interval_s) in enumerate(settings):
            with _switching_every(interval_s), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                waited = runner.run(_measure(folder / str(number), scale.commits, in_flight, is_busy))
            name = f"{in_flight} in flight, loop {'busy' if is_busy else 'idle'}, switch {interval_s * 1000:g} ms"
            print(f"  {name:45} {quantile(waited, 0.5):8.2f} / {quantile(waited, 0.99):.2f} ms p50 / p99", flush=True)
            figures.append(Figure(f"commit: {name}, p50", quantile(waited, 0.5), "ms"))
            figures.append(Figure(f"commit: {name}, p99", quantile(waited, 0.99), "ms"))
    return figures


async def _measure(folder: Path, count: int, in_flight: int, is_busy: bool) -> list[float]:
    """Milliseconds that each of `count` writes took until it was durable."""
    store = await LmdbStore.open(folder)
    busy = asyncio.create_task(_keep_busy(), name="busy") if is_busy else None
    try:
        each = count // in_flight
        found = await asyncio.gather(*(_write_all(store, f"b{number:05}", each) for number in range(in_flight)))
        return [value for values in found for value in values]
    finally:
        if busy:
            busy.cancel()
        await store.close()


async def _write_all(store: Store, device: str, count: int) -> list[float]:
    waited = []
    credential = Credential(generation=1, password_sha256=bytes(32))
    await store.write(Write(puts=[Device(id=device, version=1, credential=credential, created_at=0)]))
    for rev in range(1, count + 1):
        write = _edit(device, rev)
        started = time.perf_counter()
        await store.write(write)
        waited.append((time.perf_counter() - started) * 1000)
    return waited


async def _keep_busy() -> None:
    """Python work in every turn of the loop, until it is cancelled."""
    while True:
        until = time.perf_counter() + _TURN_S
        while time.perf_counter() < until:
            pass
        await asyncio.sleep(0)


def _edit(device: str, rev: int) -> Write:
    revision = Revision(
        device=device,
        epoch=1,
        rev=rev,
        schema_name="lamp",
        schema_version=1,
        layer={"led.color": "#00ff66"},
        generation=1,
        doc=_DOCUMENT,
        mac=bytes(32),
        digest=bytes(16),
        at=0,
        by="bench",
        why="",
    )
    change = Change(at=0, kind=ChangeKind.CONFIG_CHANGED, device=device, data={"rev": rev, "keys": ["led.color"]})
    return Write(
        puts=[revision], changes=[change], audit=[AuditEntry(at=0, by="bench", action="config.set", target=device)]
    )


@contextmanager
def _switching_every(seconds: float) -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)

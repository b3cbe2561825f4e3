"""Firmware: what the agent takes of a board's flash and heap, and of its time, on MicroPython with and without QEMU."""

from pathlib import Path

from bench.figures import Figure
from bench.firmware import board_files, documents, frozen, heap, row
from bench.machine import scratch
from bench.scale import Scale

_KIB = 1024


def run(scale: Scale) -> list[Figure]:
    """Raises CannotMeasure where a program is missing."""
    figures: list[Figure] = []
    with scratch() as folder:
        parts = {
            "the agent compiled": _sizes,
            "its heap, on 32 bits": lambda: _heap(folder / "heap", scale),
            "the same, frozen into MicroPython": lambda: _frozen(folder / "frozen"),
            f"{scale.documents} documents in a row": lambda: _row(folder / "row", scale),
            "power cuts": lambda: _power_cuts(scale),
        }
        for number, (what, measure) in enumerate(parts.items(), 1):
            print(f"  {number} of {len(parts)}: {what}", flush=True)
            figures += measure()
    return figures


def _sizes() -> list[Figure]:
    sizes = {path: len(content) for path, content in board_files.agent().items()}
    figures = [_figure("the agent's files", sum(sizes.values()) / _KIB, "KiB", aim=45)]
    for path, size in sorted(sizes.items(), key=lambda item: -item[1])[:4]:
        figures.append(_figure(f"of it {path}", size / _KIB, "KiB"))
    return figures


def _heap(folder: Path, scale: Scale) -> list[Figure]:
    rooms = heap.measure(folder, list(documents.SHAPES)[: scale.shapes])
    figures = [
        _figure("heap, 192 KiB, at the start", rooms[0].start / _KIB, "KiB"),
        _figure("heap, with the agent imported", rooms[0].imported / _KIB, "KiB", aim=110, is_rate=True),
    ]
    for room in rooms:
        name = f"heap, document of {room.size} B, {room.shape}: "
        figures.append(_figure(name + "before it", room.before / _KIB, "KiB"))
        figures.append(_figure(name + "at the worst moment", room.worst / _KIB, "KiB", aim=85, is_rate=True))
        figures.append(_figure(name + "with it in use", room.after / _KIB, "KiB"))
    return figures


def _frozen(folder: Path) -> list[Figure]:
    found = frozen.measure(folder)
    return [
        _figure("frozen into MicroPython: heap, with the agent imported", found.imported / _KIB, "KiB"),
        _figure("frozen into MicroPython: more flash than without it", found.flash / _KIB, "KiB"),
    ]


def _row(folder: Path, scale: Scale) -> list[Figure]:
    from bench.firmware import power_cuts  # here, since it is a program of its own, too

    found, worn = row.measure(folder, scale.documents, scale.timed), power_cuts.wear(scale.documents)
    lost = 100 * (found.first - found.last) / found.first
    figures = [
        _figure(f"free heap lost from document 100 to {scale.documents}", lost, "%", aim=2),
        _figure("erases of the busiest block of a Pico W's flash, by the mean", worn["busiest"] / worn["mean"], "x"),
    ]
    return figures + [_figure(f"a document's time, {name}, p50", us / 1000, "ms") for name, us in found.steps.items()]


def _power_cuts(scale: Scale) -> list[Figure]:
    """All of a file system together; `python -m bench.firmware.power_cuts` has a row for each size of a document."""
    from bench.firmware import power_cuts  # as above

    figures = []
    for ground, name in power_cuts.GROUNDS.items():
        # All of them take the emulated board five minutes: tests/bench makes those.
        found = power_cuts.cuts(ground, scale.cuts_all and ground not in power_cuts.EMULATED)
        figures.append(_figure(f"power cuts, {name}: points tried", sum(row.points for row in found.rows), ""))
        figures.append(_figure(f"power cuts, {name}: cuts made", sum(row.cuts for row in found.rows), ""))
        figures.append(_figure(f"power cuts, {name}: bad states", len(found.bad), "", aim=0))
    return figures


def _figure(name: str, value: float, unit: str, aim: float | None = None, is_rate: bool = False) -> Figure:
    return Figure(f"firmware: {name}", value, unit, aim=aim, is_rate=is_rate, absolute=True)

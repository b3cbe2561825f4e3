"""`python -m bench [NAME]`: runs the benchmarks, or one of them, and prints what they found as one table."""

import argparse
import importlib
import os
import sys
import time
from datetime import UTC, datetime

from bench import machine
from bench.errors import CannotMeasure
from bench.figures import Figure, table
from bench.page import write
from bench.scale import FULL, TINY, Scale

NAMES = ("broker", "edit", "fleet", "memory", "commit", "choice")


def main() -> int:
    """0 when everything asked for was measured, 1 when something was not there."""
    options = _options()
    machine.allow_many_sockets()
    os.sched_setaffinity(0, machine.LOAD_CORES)
    lines = [
        f"Machine: {machine.description()}.",
        f"Load average before: {machine.load_average()} (1, 5, 15 minutes). {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
    ]
    print("\n".join(lines), flush=True)
    started = time.perf_counter()
    figures, missing = measure(options.name or NAMES, TINY if options.tiny else FULL)
    lines.append(f"Load average after: {machine.load_average()}. Took {time.perf_counter() - started:.0f} s.")
    print("\n" + lines[-1] + "\n\n" + table(figures))
    if options.write:
        write("\n".join(lines), table(figures))
    return 1 if missing else 0


def measure(names: tuple[str, ...] | list[str], scale: Scale) -> tuple[list[Figure], list[str]]:
    """What the named benchmarks found, and the names of those that could not be run."""
    figures: list[Figure] = []
    missing: list[str] = []
    for name in names:
        benchmark = importlib.import_module(f"bench.{name}")
        print(f"\n{name}: {(benchmark.__doc__ or '').partition(': ')[2].partition(chr(10))[0]}", flush=True)
        try:
            figures += benchmark.run(scale)
        except CannotMeasure as error:
            print(f"  not measured: {error}", file=sys.stderr)
            missing.append(name)
    return figures, missing


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures henge beside mosquitto.")
    parser.add_argument(
        "name", nargs="*", choices=[*NAMES, []], metavar="NAME", help="one of " + ", ".join(NAMES) + "; all without"
    )
    parser.add_argument("--tiny", action="store_true", help="a few of everything: does it run, not how fast")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

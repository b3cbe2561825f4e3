"""`python -m bench [NAME]`: runs the benchmarks, or one of them, and prints what they found as one table."""

import argparse
import dataclasses
import importlib
import os
import sys
import time
from datetime import UTC, datetime

from bench import machine
from bench.brokers import BROKERS
from bench.errors import CannotMeasure
from bench.figures import Figure, table
from bench.page import write, write_firmware
from bench.scale import FULL, TINY, Scale
from bench.trials import TRIALS

NAMES = ("broker", "edit", "fleet", "memory", "commit", "firmware")


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
    figures, missing = measure(options.name or NAMES, _scale(options))
    lines.append(f"Load average after: {machine.load_average()}. Took {time.perf_counter() - started:.0f} s.")
    print("\n" + lines[-1] + "\n\n" + table(figures))
    if options.write:
        _write("\n".join(lines), figures)
    return 1 if missing else 0


def _write(about: str, figures: list[Figure]) -> None:
    """The firmware's have places of their own: nothing in them is beside a broker."""
    firmware = [figure for figure in figures if figure.name.startswith("firmware: ")]
    others = [figure for figure in figures if figure not in firmware]
    if others:
        write(about, table(others))
    if firmware:
        write_firmware(about, table(firmware), table([figure for figure in firmware if "heap, " in figure.name]))


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
    part = parser.add_argument_group("a part of `broker`, in seconds, to look at while it runs")
    part.add_argument("--only", nargs="+", choices=list(TRIALS), metavar="TRIAL", help="of: " + ", ".join(TRIALS))
    part.add_argument("--clients", type=int, nargs="+", metavar="N", help="in place of 1000 5000 10000")
    part.add_argument("--rounds", type=int, metavar="N", help="in place of 5")
    part.add_argument("--of", nargs="+", choices=BROKERS, metavar="BROKER", help="of: " + ", ".join(BROKERS))
    options = parser.parse_args()
    if options.write and (options.tiny or options.only or options.clients or options.rounds or options.of):
        parser.error("--write is for whole runs: leave out what makes them smaller")
    return options


def _scale(options: argparse.Namespace) -> Scale:
    """What was asked for."""
    asked = {
        "only": options.only and tuple(options.only),
        "fleets": options.clients and tuple(sorted(options.clients)),
        "rounds": options.rounds,
        "brokers": options.of and tuple(options.of),
    }
    scale = TINY if options.tiny else FULL
    return dataclasses.replace(scale, **{name: value for name, value in asked.items() if value})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was written", file=sys.stderr)
        sys.exit(130)

"""The generator: a child that puts load on a broker, compiled from bench/native when it is first needed. It is in C:
one in Python takes as much of its core as a broker does of the other, and would be what is measured.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import CannotMeasure
from bench.machine import LOAD_CORES, ROOT
from bench.processes import Process, running

_SOURCES = Path(__file__).with_name("native")
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")
_COMPILERS = ("cc", "gcc", "clang")
_SLACK_S = 5  # beyond the patience of the child, which says itself what did not come in time
_SPARE_CLIENTS = 100  # those that are no boards

NO_COMPILER = (
    "the load generator is in C, and there is no C compiler: ./dev bench gets one, "
    "or install it (on Debian and Ubuntu: sudo apt install gcc libc6-dev)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an order came to. Times are in seconds; p50 and p99 are over its repetitions."""

    wanted: int
    done: int
    wall_s: float
    own_s: float
    p50_s: float
    p99_s: float
    failure: str | None

    @property
    def share(self) -> float:
        """The generator's of its core, in percent."""
        return 100 * self.own_s / self.wall_s if self.wall_s else 0.0


class Generator:
    """A running one. The orders are those of bench/native/main.c."""

    def __init__(self, process: Process, patience_s: float) -> None:
        self._process = process
        self._wait_s = patience_s + _SLACK_S

    def order(self, *words: object, extra_s: float = 0) -> Answer:
        """Has an order done; one that takes `extra_s` by itself is waited for so much longer."""
        self._process.say(" ".join(map(str, words)))
        return Answer(**json.loads(self._process.line(self._wait_s + extra_s)))


@contextmanager
def generating(port: int, clients: int, patience_s: float, log: Path, tls: bool = False) -> Iterator[Generator]:
    """A generator for the broker on this port of the loopback interface, for so many boards at the most."""
    command = [compiled(), port, "tls" if tls else "plain", clients + _SPARE_CLIENTS, patience_s]
    with running(command, LOAD_CORES, log, takes_orders=True) as process:
        yield Generator(process, patience_s)


def compiled() -> Path:
    """The program, made anew where the sources are not those it was made from. Raises CannotMeasure."""
    files = sorted(_SOURCES.iterdir())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    program = ROOT / ".cache" / "bench" / f"load-{digest}"
    if not program.exists():
        compile_sources([file for file in files if file.suffix == ".c"], program)
    return program


def compile_sources(sources: list[Path], program: Path) -> None:
    """Makes the program. Raises CannotMeasure."""
    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is None:
        raise CannotMeasure(NO_COMPILER)
    print("compiling the load generator", file=sys.stderr)
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [compiler, *_FLAGS, "-o", unfinished, *sources, "-ldl"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotMeasure(
            f"{compiler} could not compile bench/native: {done.stderr.strip()[-2000:]}\n"
            "  where a header is missing, on Debian and Ubuntu: sudo apt install libc6-dev"
        )
    unfinished.replace(program)

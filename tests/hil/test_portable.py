"""What needs no network: the portable tests of what both ends must agree on, run by the board itself.

They are those of tests/portable. A real board has single floats and integers of 31 bits.
"""

from pathlib import Path

import pytest
from fleetctl.flash import bundle
from fleetctl.flash.sources import agent_folder

from tests.hil.boards import Board, Virtual

PORTABLE = Path(__file__).parents[1] / "portable"
NAMES = ["test_cbor", "test_messages", "test_numbers", "test_schema", "test_signing", "test_topics"]

pytestmark = pytest.mark.slow


def modules_for(board: Board, folder: Path, paths: list[str]) -> dict[str, bytes]:
    """Compiled, but for a virtual board: mpy-cross writes floats with 16 digits, too few for its double ones."""
    if isinstance(board, Virtual):
        return {path: (folder / path).read_bytes() for path in paths}
    return bundle.compiled({path: (folder / path).read_text() for path in paths})


@pytest.mark.parametrize("name", NAMES)
def test_a_portable_file_passes_on_the_board(board: Board, name: str) -> None:
    agent = agent_folder()
    modules = [str(path.relative_to(agent)) for path in sorted(agent.glob("henge_protocol/*.py"))]
    files = modules_for(board, agent, [*modules, "henge_agent/__init__.py"])
    files |= modules_for(board, PORTABLE, [f"{name}.py", "unittest_small.py"])
    board.fill({f"lib/{path}": content for path, content in files.items()} | {"main.py": b""})
    assert board.run(f"import henge_agent\nfrom {name} import *\nunittest.main()").rstrip().endswith("OK")

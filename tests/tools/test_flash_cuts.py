"""Power fails while a board is flashed: it has the old agent or the new, whole, and can be flashed again."""

import hashlib
import itertools
import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from fleetctl.flash import script
from fleetctl.flash.bundle import Bundle, packed

ROOT = Path(__file__).parents[2]
CUTS = Path(__file__).parent / "flashing" / "cuts.py"


def agent(version: bytes) -> dict[str, bytes]:
    """Files like an agent's, few and small: the cuts come at every write."""
    return {
        "lib/henge_agent/__init__.mpy": version * 9,
        "lib/henge_agent/drivers/led.mpy": version * 1000,
        "lib/henge_protocol/cbor.mpy": version * 100,
        "boot.py": b"# boot " + version,
        "board.py": b"# board " + version,
        "main.py": b"# main " + version,
    }


def plan(bundle: Bundle, old: dict[str, bytes], new: dict[str, bytes]) -> dict[str, object]:
    sizes = [*range(0, len(bundle.data), script.PIECE), len(bundle.data)]
    return {
        "mark": script.SWITCH_MARK,
        "looking": script.looking(bundle.paths),
        "taking": script.taking(),
        "pieces": [*script.pieces(bundle.data, 0)],
        "sizes": sizes,
        "prefixes": [[size, hashlib.sha256(bundle.data[:size]).hexdigest()] for size in sizes],
        "rest": [script.call("unpack", bundle.digest, script.switch()), script.call("commit"), script.finishing()],
        "old": {path: b64encode(content).decode() for path, content in old.items()},
        "new": {path: b64encode(content).decode() for path, content in new.items()},
        "kept": {"henge.json": "e30=", "henge/slot-0": "AAAA"},
    }


class Lives:
    """Runs the lives of a board, each in a process of its own."""

    def __init__(self, micropython: Path, folder: Path) -> None:
        self._micropython = micropython
        self._folder = folder
        new = agent(b"newer")
        (folder / "plan").write_text(json.dumps(plan(packed(new.items()), agent(b"old"), new)))
        self("new")
        self._original = (folder / "image").read_bytes()

    def __call__(self, *what: str) -> tuple[int, list[str]]:
        env = os.environ | {"MICROPYPATH": f".frozen:{ROOT / 'tools'}"}
        argv = [self._micropython, CUTS, "plan", "image", *what]
        done = subprocess.run(argv, cwd=self._folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.returncode, done.stdout.split()

    def cut(self, after: int, seed: str) -> tuple[bool, list[str]]:
        """Whether the power failed before all was done, and what the board has: when it starts, and flashed again."""
        (self._folder / "image").write_bytes(self._original)
        failed, _ = self("cut", str(after), seed)
        return bool(failed), self("mend")[1]


# With a seed the last operation is torn: some of its bytes are written, some not, some half.
@pytest.mark.parametrize("seed", ["", pytest.param("1", marks=pytest.mark.slow)], ids=["clean", "torn"])
def test_a_board_has_the_old_agent_or_the_new_when_power_fails_at_any_write(micropython, tmp_path, seed):
    lives = Lives(micropython, tmp_path)
    found = []
    for after in itertools.count():
        failed, states = lives.cut(after, seed)
        found.append(states[0])
        assert states in (["old", "new"], ["new", "new"]), f"cut after {after} operations"
        if not failed:
            break
    assert found == sorted(found, reverse=True), "once it has the new one it keeps it"
    assert min(found.count("old"), found.count("new")) > 1, "the cuts reached both sides of the switch"

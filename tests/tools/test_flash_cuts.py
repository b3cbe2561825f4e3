"""Power fails while a board is flashed: it has the old agent or the new, whole, and can be flashed again."""

import hashlib
import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

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
        "rest": [script.call("unpack", bundle.digest, script.switch()), script.call("commit")],
        "old": {path: b64encode(content).decode() for path, content in old.items()},
        "new": {path: b64encode(content).decode() for path, content in new.items()},
        "kept": {"henge.json": "e30=", "henge/slot-0": "AAAA"},
    }


def test_a_board_has_the_old_agent_or_the_new_when_power_fails_at_any_write(micropython: Path, tmp_path: Path):
    new = agent(b"newer")
    (tmp_path / "plan").write_text(json.dumps(plan(packed(new.items()), agent(b"old"), new)))
    env = os.environ | {"MICROPYPATH": f".frozen:{ROOT / 'tools'}"}
    done = subprocess.run([micropython, CUTS, tmp_path / "plan"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("bad:")] == []
    last = done.stdout.splitlines()[-1]
    tried, old, new_ones, torn = (int(word) for word in last.split()[2::2])
    assert tried == old + new_ones
    assert torn == 0
    assert min(old, new_ones) > 1, "the cuts reached both sides of the switch"

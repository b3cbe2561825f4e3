"""A virtual board ends with the program that it belongs to, however that ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TOOLS = Path(__file__).parents[2] / "tools"


def test_a_board_whose_program_is_killed_is_gone(micropython: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fleetsim.virtual", str(tmp_path), "--kind", "pico"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(TOOLS)}
    ) as program:
        assert program.stdout
        while ">>>" not in (line := program.stdout.readline()):
            assert line, "it ended before its prompt came"
            if "help()" in line:
                break
        children = Path(f"/proc/{program.pid}/task").glob("*/children")
        (board,) = [int(pid) for file in children for pid in file.read_text().split()]
        program.send_signal(signal.SIGKILL)
    while Path(f"/proc/{board}").exists() and "\nState:\tZ" not in Path(f"/proc/{board}/status").read_text():
        time.sleep(0.01)

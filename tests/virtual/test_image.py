"""A virtual board's flash can be filled and read while it is off, and its clock can run faster."""

import subprocess
import sys
from pathlib import Path

import pytest
from fleetsim.virtual import VirtualBoard


def test_files_that_were_put_are_there_and_those_it_wrote_can_be_read(board: VirtualBoard) -> None:
    board.power_off()
    program = b"""
with open("/deep/er.txt") as file, open("/done.txt", "w") as copy:
    copy.write(file.read())
print("copied")
"""
    board.put({"main.py": program, "deep/er.txt": b"x" * 9000})
    board.power_on()
    board.wait_for("main.py", lambda: "copied" in board.heard)
    board.power_off()
    assert board.get("done.txt") == b"x" * 9000
    assert board.get("missing.txt") is None


def test_files_of_a_board_that_is_on_are_its_own(board: VirtualBoard) -> None:
    with pytest.raises(RuntimeError, match="power_off"):
        board.get("boot.py")


def test_a_fast_board_counts_more_seconds_than_pass(micropython: Path, tmp_path: Path) -> None:
    program = b"""
import asyncio, time
began = time.ticks_ms()
async def wait(seconds):
    await asyncio.sleep(seconds)
async def main():
    await asyncio.gather(wait(60), wait(30))
asyncio.run(main())
time.sleep(20)
print('counted', time.ticks_diff(time.ticks_ms(), began) // 1000)
"""
    with VirtualBoard(tmp_path, "esp32", speed=40) as board:
        board.put({"main.py": program})
        board.power_on()
        board.wait_for("the count", lambda: "counted 8" in board.heard)


def test_a_board_that_is_closed_leaves_no_process_and_no_port(micropython: Path, tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path, "pico")
    board.power_on()
    board.wait_for("the prompt", lambda: ">>> " in board.heard)
    board.close()
    assert not Path(board.port).exists()


def test_a_folder_that_cannot_be_made_is_named(micropython: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "fleetsim.virtual", str(tmp_path / "file" / "board")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no virtual board: ")
    assert "file" in done.stderr

"""mpremote works against a virtual board as against a real one."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from fleetsim.virtual import VirtualBoard

from tests.virtual.conftest import put

SYSTEM = {"esp32": "esp32", "pico": "rp2"}

# What a new ESP32 holds.
BOOT = "          75 boot.py"

Run = Callable[..., str]


def test_code_runs_and_says_which_board_it_is_on(board: VirtualBoard, mpremote: Run) -> None:
    assert mpremote("exec", "import sys, os; print(sys.platform, os.uname().sysname)") == "{0} {0}\n".format(
        SYSTEM[board.kind]
    )


def test_an_error_is_shown_as_on_a_board(mpremote: Run) -> None:
    said = mpremote("exec", "def f():\n return 1/0\nf()", code=1)
    assert said.split("\n")[:4] == [
        "Traceback (most recent call last):",
        '  File "<stdin>", line 3, in <module>',
        '  File "<stdin>", line 2, in f',
        "ZeroDivisionError: divide by zero",
    ]


def test_a_folder_is_copied_and_is_the_same_after_a_power_cut(
    board: VirtualBoard, mpremote: Run, tmp_path: Path
) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    content = bytes(range(256)) * 40
    (tmp_path / "lib" / "deep" / "data.bin").write_bytes(content)
    mpremote("cp", "-r", "lib", ":")
    board.power_off()
    board.power_on()
    assert hashlib.sha256(content).hexdigest() in mpremote("sha256sum", "lib/deep/data.bin")


def test_folders_and_files_are_made_and_removed(board: VirtualBoard, mpremote: Run, tmp_path: Path) -> None:
    put(mpremote, tmp_path, "note.txt", "hello\n")
    assert mpremote("cat", "note.txt") == "hello\n"
    mpremote("mkdir", "pictures")
    assert "pictures/" in mpremote("ls")
    mpremote("rmdir", "pictures")
    mpremote("rm", "note.txt")
    assert mpremote("ls").split("\n")[1:] == ([BOOT, ""] if board.kind == "esp32" else [""])


def test_resume_keeps_what_a_soft_reset_forgets(mpremote: Run) -> None:
    mpremote("exec", "kept = 5")
    assert mpremote("resume", "eval", "kept") == "5\n"
    assert "NameError" in mpremote("eval", "kept", code=1)


def test_a_reset_runs_boot_and_main(board: VirtualBoard, mpremote: Run, tmp_path: Path) -> None:
    put(mpremote, tmp_path, "boot.py", "print('boot was here')\nspeed = 7\n")
    put(mpremote, tmp_path, "main.py", "print('main was here', speed, __name__)\n")
    mpremote("reset")
    board.wait_for("main.py", lambda: "boot was here\r\nmain was here 7 __main__\r\n" in board.heard)


def test_a_program_on_the_computer_is_run_from_a_mounted_folder(mpremote: Run, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'from the computer'\n")
    assert "from the computer" in mpremote("mount", ".", "exec", "import helper; print(helper.WORD)")


def test_a_program_that_never_ends_is_interrupted(board: VirtualBoard, mpremote: Run, tmp_path: Path) -> None:
    put(mpremote, tmp_path, "main.py", "import time\nprint('begun')\nwhile True: time.sleep(0.01)\n")
    mpremote("reset")
    board.wait_for("main.py", lambda: "begun" in board.heard)
    assert "main.py" in mpremote("ls")


def test_a_program_that_only_computes_is_interrupted_too(board: VirtualBoard, mpremote: Run, tmp_path: Path) -> None:
    put(mpremote, tmp_path, "main.py", "print('begun')\nwhile True: pass\n")
    mpremote("reset")
    board.wait_for("main.py", lambda: "begun" in board.heard)
    assert "main.py" in mpremote("ls")

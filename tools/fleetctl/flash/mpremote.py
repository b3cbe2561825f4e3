"""mpremote, as a program of its own: sends texts to a board's interpreter and hands back what it says.

Texts go in files that only this user can read: they may hold secrets, and a command line can be read by everybody.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from fleetctl.errors import Failed
from fleetctl.flash.bundle import INSTALL_HINT

_BUSY = "failed to access"  # what mpremote says of a port that another program has locked, or that is not there
_SILENCE_S = 15.0  # a board says something at every piece and file, which take tenths of a second each


class Mpremote:
    """One port. `program` is how mpremote is started, `silence_s` after which silence the board counts as gone."""

    def __init__(self, port: str, program: Sequence[str] = (), silence_s: float = _SILENCE_S) -> None:
        self.port = port
        self._silence_s = silence_s
        self._program = [*program] or _installed()

    def run(self, texts: Sequence[str], heard: Callable[[str], None] = lambda line: None) -> str:
        """Runs texts one after the other in one session; all that the board said, and each line as it comes.

        The board is to be at its prompt (knock.py). Raises Failed where the board cannot be reached, or a text fails.
        """
        with tempfile.TemporaryDirectory() as folder:
            command: list[str] = []
            for number, text in enumerate(texts):
                path = Path(folder) / f"{number}.py"
                path.write_text(text, "utf-8")
                command += ["run", str(path), "+"]
            return self._start(["resume", *command[:-1]], heard)

    def reset(self) -> None:
        """Starts the board anew, as its button does."""
        self._start(["resume", "reset"], lambda line: None)

    def bootloader(self) -> None:
        """Lets the board wait for another MicroPython."""
        self._start(["resume", "bootloader"], lambda line: None)

    def _start(self, command: list[str], heard: Callable[[str], None]) -> str:
        argv = [*self._program, "connect", self.port, *command]
        said = []
        with piped(argv) as process:
            assert process.stdout
            # mpremote itself waits for ever for a board whose power has failed behind a bridge chip that has its own.
            limit = _limit(process, self._silence_s)
            for line in process.stdout:
                limit.cancel()
                said.append(line)
                heard(line.rstrip())
                limit = _limit(process, self._silence_s)
            process.wait()
            limit.cancel()
        text = "".join(said)
        if process.returncode:
            raise _failure(self.port, text)
        return text


def _limit(process: "subprocess.Popen[str]", seconds: float) -> threading.Timer:
    limit = threading.Timer(seconds, process.kill)
    limit.daemon = True
    limit.start()
    return limit


def piped(argv: Sequence[str]) -> "subprocess.Popen[str]":
    """A program that is asked nothing, with all that it says in one stream."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def _failure(port: str, said: str) -> Failed:
    # What a board says of itself has secrets in it: those lines are marked (aboard/look.py), and not for a message.
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("henge-")]
    last = lines[-1].removeprefix("mpremote: ") if lines else "it went silent"
    if _BUSY in said:
        return Failed(f"{port} cannot be used: {last}. `fleetctl doctor` names the program that holds it.")
    return Failed(f"The board did not do what it was sent: {last}. Running the same command again goes on from here.")


def _installed() -> list[str]:
    """Raises Failed."""
    if not find_spec("mpremote"):
        raise Failed(f"mpremote, which speaks to boards, is not installed. {INSTALL_HINT}")
    return [sys.executable, "-m", "mpremote"]

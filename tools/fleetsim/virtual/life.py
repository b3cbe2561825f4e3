"""One life of a virtual board's interpreter, from a reset to the next: the process, its console and its wire.

It ends with its parent, also where that is killed. Who decides what follows a life is mains.py.
"""

import ctypes
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
from pathlib import Path

_ONBOARD = Path(__file__).with_name("onboard")
_CACHE = Path(__file__).parents[3] / ".cache" / "micropython" / "bin"
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True)

# System calls in which the interpreter waits, so that no memory is being taken and no file changed: poll, select, their
# relatives and sleep. Numbers of the two machines that this runs on.
_WAITING = {
    "x86_64": {7, 23, 35, 230, 232, 270, 271, 281},
    "aarch64": {22, 72, 73, 101, 115},
}.get(platform.machine(), set())
_READ = {"x86_64": 0, "aarch64": 63}.get(platform.machine(), -1)


class NoInterpreter(Exception):
    """MicroPython is not on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "micropython is not here: ./dev sets it up, or `apt install micropython` on Debian 13 and newer"
        )


def interpreter() -> str:
    """The program. Raises NoInterpreter."""
    found = shutil.which("micropython", path=f"{_CACHE}{os.pathsep}{os.environ.get('PATH', '')}")
    if not found:
        raise NoInterpreter
    return found


class Life:
    """Starts at once; `options` is what onboard/start.py takes, `heap` the bytes of its heap."""

    def __init__(self, options: dict, heap: int) -> None:
        self._wire, inner = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [
                    *(interpreter(), "-X", f"heapsize={heap}", str(_ONBOARD / "start.py")),
                    json.dumps(options | {"wire": inner.fileno()}),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                pass_fds=(inner.fileno(),),
                env={"MICROPYPATH": f"{_ONBOARD}:.frozen"},
                preexec_fn=_die_with_parent,  # one call into a library that is loaded before
            )
        finally:
            inner.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.console, self._typed = self._process.stdout, self._process.stdin
        for end in (self.console, self._typed):
            os.set_blocking(end.fileno(), False)
        self._wire.setblocking(False)
        self.wire = self._wire
        self._heard = b""

    def type(self, data: bytes) -> bytes:
        """To the board's console, as much as there is room for; the rest is returned."""
        try:
            return data[self._typed.write(data) or 0 :]
        except (BlockingIOError, BrokenPipeError):
            return data

    def print(self) -> "bytes | None":
        """What it printed; None at its end."""
        try:
            return os.read(self.console.fileno(), 1 << 16) or None
        except BlockingIOError:
            return b""

    def events(self) -> list[dict]:
        """What was told or asked on the wire."""
        try:
            self._heard += self._wire.recv(1 << 16)
        except (BlockingIOError, ConnectionResetError):
            return []
        *lines, self._heard = self._heard.split(b"\n")
        return [json.loads(line) for line in lines]

    def answer(self, value: object) -> None:
        """To what was asked. A dead one does not hear it."""
        try:
            self._wire.sendall(json.dumps({"answer": value}).encode() + b"\n")
        except OSError:
            pass

    def interrupt(self, force: bool) -> bool:
        """KeyboardInterrupt in what runs, where it waits for something; anywhere with `force`. Whether it was done.

        The interpreter raises it in the middle of whatever it does, and one that comes while it collects its garbage
        locks its heap for ever. A board raises it between two bytecodes; waiting is such a place, seen from outside.
        """
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        waits = force or self._is_waiting()
        if waits:
            os.kill(self._process.pid, signal.SIGINT)
        os.kill(self._process.pid, signal.SIGCONT)
        return waits

    def _is_waiting(self) -> bool:
        try:
            call, *arguments = Path(f"/proc/{self._process.pid}/syscall").read_text().split()
        except (OSError, ValueError):
            return False
        if not call.isdigit():
            return False
        return int(call) in _WAITING or (int(call) == _READ and int(arguments[0], 16) == 0)

    def end(self) -> None:
        """SIGKILL: what it has written is written, and nothing more happens."""
        self._process.kill()
        self._process.wait()
        for end in (self.console, self._typed, self._wire):
            end.close()


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

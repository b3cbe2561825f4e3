"""Knocking: gets the prompt of a board's interpreter, whatever the board is doing.

mpremote gives up on a program that does not end at the first Ctrl-C. This goes on, through the moment at each start in
which a board with the agent can be interrupted; a board that hears nothing is reset where its port can do that.
"""

import errno
import fcntl
import os
import struct
import termios
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fleetctl.errors import Failed
from fleetctl.flash.found import MARK
from fleetctl.programs import ONE_AT_A_TIME, holder

_CTRL_C, _CTRL_B = b"\x03", b"\x02"  # interrupts what runs; leaves the raw REPL
_PROMPT = b">>> "
_EVERY_S = 0.15  # main.py leaves 3 s, of which USB may take one
_PATIENCE_S = 6.0
_AFTER_RESET_S = 8.0  # a port with USB in the chip itself comes back a second or two after the chip
_PULSE_S = 0.1  # esptool holds EN low for so long
_KEPT = 4096  # bytes of what was heard
_SHOWN = 400  # characters of it, in a message


class NoPrompt(Failed):
    """Nothing at the port behaves as MicroPython does. `heard` is what it said instead."""

    def __init__(self, port: str, heard: str) -> None:
        said = f"It says:\n{heard}" if heard.strip() else "It says nothing."
        if other := holder(Path(port), but=os.getpid()):  # not every program locks its port
            said += f"\n{other} has the port open, too, and takes what the board says. {ONE_AT_A_TIME}"
        super().__init__(f"Nothing at {port} answers as MicroPython. {said}")
        self.heard = heard


def knock(
    port: str,
    patient: bool = False,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Returns when the board waits at its prompt. Raises NoPrompt; Failed where the port cannot be opened.

    `patient`: it was reset, and a port that is part of the chip comes back in its own time.
    """
    line = Line(port, patient)
    try:
        for last, patience in enumerate((_PATIENCE_S, _AFTER_RESET_S)):
            limit = now() + patience
            while now() < limit:
                line.send(_CTRL_C + _CTRL_B)
                sleep(_EVERY_S)
                if _PROMPT in line.heard():
                    return
            if not last:
                line.reset(sleep)
        raise line.problem or NoPrompt(port, line.tail())
    finally:
        line.close()


class Line:
    """A serial line at 115,200 baud, opened again where it went away: a board with USB in its chip takes it along."""

    def __init__(self, port: str, patient: bool) -> None:
        self._port = port
        self._file: int | None = None
        self._heard = b""
        self.problem: Failed | None = None  # why it is not open, where it is not
        if not self._open() and not patient:
            assert self.problem
            raise self.problem

    def send(self, data: bytes) -> None:
        """As far as there is somebody to hear it."""
        try:
            if self._file is not None or self._open():
                os.write(self._file or 0, data)
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def heard(self) -> bytes:
        """What came since the last call."""
        new = b""
        try:
            while (self._file is not None or self._open()) and (block := os.read(self._file or 0, 4096)):
                new += block
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        self._heard = (self._heard + new)[-_KEPT:]
        return new

    def tail(self) -> str:
        """The last that came, for people: without the line that holds what the board keeps secret, or a part of it."""
        lines = self._heard.decode(errors="replace").splitlines()
        if len(self._heard) == _KEPT:
            del lines[0]  # its beginning is lost
        return "\n".join(line for line in lines if MARK not in line)[-_SHOWN:]

    def reset(self, sleep: Callable[[float], None]) -> None:
        """Pulls EN low for a moment, as the boards with a USB bridge have it wired to RTS; does nothing on others."""
        if self._file is None:
            return
        dtr, rts = struct.pack("i", termios.TIOCM_DTR), struct.pack("i", termios.TIOCM_RTS)
        with suppress(OSError):  # a pty, and some USB ports, have no such lines
            fcntl.ioctl(self._file, termios.TIOCMBIC, dtr)  # IO0 high: no boot loader
            fcntl.ioctl(self._file, termios.TIOCMBIS, rts)
            sleep(_PULSE_S)
            fcntl.ioctl(self._file, termios.TIOCMBIC, rts)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> bool:
        try:
            self._file = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            fcntl.flock(
                self._file, fcntl.LOCK_EX | fcntl.LOCK_NB
            )  # as pyserial, and with it mpremote and esptool, does
            tty.setraw(self._file)
            modes = termios.tcgetattr(self._file)
            modes[4] = modes[5] = termios.B115200
            termios.tcsetattr(self._file, termios.TCSANOW, modes)
            self.problem = None
        except (OSError, termios.error) as error:
            self.close()
            self.problem = _problem(self._port, *error.args[:2])
        return self._file is not None


def _problem(port: str, number: int, text: str) -> Failed:
    """Why a port cannot be opened."""
    if number == errno.ENOENT:
        return Failed(f"There is no port {port}. `fleetctl doctor` lists those there are.")
    if number in (errno.EBUSY, errno.EAGAIN):
        used_by = holder(Path(port), but=os.getpid()) or "another program"
        return Failed(f"{port} is used by {used_by}. {ONE_AT_A_TIME}")
    return Failed(f"{port} cannot be opened: {text}. `fleetctl doctor` looks into it.")

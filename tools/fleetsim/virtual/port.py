"""The serial port of a virtual board: a pty that behaves as a UART with a USB bridge does.

What is sent while nobody has opened the port is gone; the port stays while the board is off.
"""

import errno
import os
import pty
import select
import tty

_PIECE = 4096


class Port:
    """`name` is what a serial program opens; close() frees it."""

    def __init__(self) -> None:
        self._master, other_end = pty.openpty()
        self.name = os.ttyname(other_end)
        tty.setraw(other_end)
        os.close(other_end)  # from now on the system says whether somebody has opened it
        os.set_blocking(self._master, False)

    def fileno(self) -> int:
        return self._master

    @property
    def is_open(self) -> bool:
        """Whether a program has opened it."""
        poll = select.poll()
        poll.register(self._master, 0)
        return not poll.poll(0)  # POLLHUP is reported unasked

    def read(self) -> bytes:
        """What was typed; b"" where nothing was, or nobody is there."""
        try:
            return os.read(self._master, _PIECE)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):
                return b""
            raise

    def write(self, data: bytes) -> bytes:
        """Sends what there is room for; the rest is returned. Where nobody listens nothing is left over."""
        if not self.is_open:
            return b""
        try:
            return data[os.write(self._master, data) :]
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return data
            if error.errno == errno.EIO:
                return b""
            raise

    def close(self) -> None:
        os.close(self._master)

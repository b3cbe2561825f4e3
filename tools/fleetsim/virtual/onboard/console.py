"""A virtual board's serial line, as programs on it see it: what they print ends its lines with CR LF, as on a board."""

import builtins
import io
import sys

_out = sys.stdout.buffer
_print_exception = sys.print_exception  # type: ignore[attr-defined]
_HERE = __file__.rsplit("/", 1)[0] + "/"


class Stream:
    """sys.stdin, sys.stdout or sys.stderr of a board; `buffer` is the same line without any change to its bytes."""

    def __init__(self, below) -> None:
        self.buffer = below.buffer
        self._below = below

    def write(self, data) -> int:
        """Text or bytes."""
        raw = data.encode() if isinstance(data, str) else bytes(data)
        send(raw.replace(b"\n", b"\r\n"))
        return len(data)

    def __getattr__(self, name: str):
        return getattr(self._below, name)


def send(data: bytes) -> None:
    """To whoever listens on the line, as it is."""
    view = memoryview(data)
    while view:
        view = view[_out.write(view) :]


def send_exception(error: BaseException) -> None:
    """As a board prints one: without the frames of this simulation."""
    text = io.StringIO()
    _print_exception(error, text)
    lines = [line for line in text.getvalue().split("\n") if _HERE not in line]
    send("\r\n".join(lines).encode())


def print_exception(error: BaseException, file=None) -> None:
    """sys.print_exception."""
    if file is None or isinstance(file, Stream):
        send_exception(error)
    else:
        _print_exception(error, file)


def print_cooked(*things, sep: str = " ", end: str = "\n", file=None) -> None:
    """print()."""
    text = sep.join([str(thing) for thing in things]) + end
    if file is None:
        send(text.replace("\n", "\r\n").encode())
    else:
        file.write(text)


def install(overlay) -> None:
    """`overlay` is the board's `sys`."""
    overlay.stdin, overlay.stdout, overlay.stderr = Stream(sys.stdin), Stream(sys.stdout), Stream(sys.stderr)
    overlay.print_exception = print_exception
    builtins.print = print_cooked  # type: ignore[assignment]

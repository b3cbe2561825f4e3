"""What the agent does on computers only: their console, and writing to their disks for good. No board carries this."""

import errno
import os

from henge_agent.compat import IS_MICROPYTHON

if IS_MICROPYTHON:
    import micropython  # type: ignore[import-not-found]

# What a person types to start this: the module's name alone would leave open which of the two runs it.
PROGRAM = ("micropython" if IS_MICROPYTHON else "python") + " -m henge_agent"


def write_line(stream: object, line: str) -> None:
    """One line, at once. Raises OSError when nobody reads any more.

    MicroPython's streams hold nothing back. CPython's keep what they could not write and try again at the interpreter's
    end, which would then end with an exit code of its own: they are pointed at nothing first.
    """
    try:
        stream.write(line + "\n")  # type: ignore[attr-defined]
        if not IS_MICROPYTHON:
            stream.flush()  # type: ignore[attr-defined]
    except OSError:
        if not IS_MICROPYTHON:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())  # type: ignore[attr-defined]
            os.close(nothing)
        raise


def recover_heap() -> None:
    """After an interrupt: MicroPython's may come in the midst of a collection, and the heap is locked for ever then."""
    if IS_MICROPYTHON:
        try:
            bytearray(1)
        except MemoryError:
            micropython.heap_unlock()  # type: ignore[possibly-unbound]


def hear_interrupts() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt. MicroPython sees to that for files, but not for `-m`."""
    if IS_MICROPYTHON:
        micropython.kbd_intr(3)  # type: ignore[possibly-unbound]  # the code of Ctrl-C


def sync_file(file) -> None:
    """Returns when what was written to an open file is on the medium. Raises OSError.

    fdatasync and not fsync: it also writes what is needed to read the data back, and leaves out only the times.
    """
    if hasattr(os, "fdatasync"):
        file.flush()
        os.fdatasync(file.fileno())
    else:  # MicroPython keeps nothing back that would have to be flushed; its flush() is an fsync, times and all
        _check(_libc()["fdatasync"](file.fileno()))


def sync_folder(path: str) -> None:
    """Returns when the names in a folder are on the medium. Raises OSError."""
    if hasattr(os, "fsync"):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    else:
        functions = _libc()
        folder = _check(functions["open"](path, 0))
        try:
            _check(functions["fsync"](folder))
        finally:
            functions["close"](folder)


_functions: dict = {}  # of the C library, looked up once


def _libc() -> dict:
    """What MicroPython on Linux has not in `os`, from the C library."""
    if not _functions:
        import ffi  # type: ignore[import-not-found]

        library = ffi.open("libc.so.6")
        for name, arguments in (("fdatasync", "i"), ("fsync", "i"), ("open", "si"), ("close", "i")):
            _functions[name] = library.func("i", name, arguments)
    return _functions


def _check(result: int) -> int:
    if result < 0:
        raise OSError(errno.EIO)  # ffi does not hand errno over reliably
    return result

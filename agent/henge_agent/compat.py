"""Every difference between CPython and MicroPython that the agent meets, found by capability, each with its reason.

Nothing else in the agent asks which interpreter it runs on.
"""

import asyncio
import errno
import gc
import os
import sys
import time

IS_MICROPYTHON = sys.implementation.name == "micropython"

# MicroPython counts milliseconds in a small integer that wraps: after 12 days on a 32-bit board.
if hasattr(time, "ticks_ms"):
    ticks_ms = time.ticks_ms  # type: ignore[attr-defined]
    TICKS_PERIOD: int = time.ticks_add(0, -1) + 1  # type: ignore[attr-defined]
else:
    TICKS_PERIOD = 1 << 62  # CPython's clock does not wrap

    def ticks_ms() -> int:
        """Milliseconds on a clock that only goes forward."""
        return time.monotonic_ns() // 1_000_000


def chance() -> float:
    """A random number, 0 <= number < 1, good enough to spread boards that start at the same moment."""
    return int.from_bytes(os.urandom(3), "big") / 0x1000000  # 24 bits: what a single float holds


def free_memory() -> int:
    """Free heap in bytes; on a computer the memory that is free at all."""
    if IS_MICROPYTHON:
        gc.collect()
        return gc.mem_free()  # type: ignore[attr-defined]
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def print_exception(error: BaseException) -> None:
    """Where it happened, on the console."""
    if IS_MICROPYTHON:
        sys.print_exception(error)  # type: ignore[attr-defined]
    else:
        sys.excepthook(type(error), error, error.__traceback__)


def explain(error: BaseException) -> str:
    """An exception as one short line, with its type where its text alone says little."""
    text = str(error)
    return type(error).__name__ + (": " + text if text else "")


def reason(error: BaseException) -> str:
    """What the system did not do, in a few words."""
    try:
        from henge_agent import reasons  # for a moment

        return reasons.words(error)
    except Exception:  # the words cannot be had, for want of memory say: what they would be about is still to be told
        return explain(error)


async def open_stream(host: str, port: int, tls, no_delay: bool = False, place: str = ""):
    """A pair of streams; with a TLS context, to a server whose certificate is for `host`. Raises OSError, ValueError.

    MicroPython's streams shake hands with the first bytes that are written or read, so what is wrong is heard then.
    `no_delay`: CPython sends small packets at once by itself, MicroPython has to be told, before TLS hides the socket.
    `place` is the host's address, where MicroPython need not look it up.
    """
    if not IS_MICROPYTHON:
        try:
            return await asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
        except ConnectionResetError as error:
            if tls and error.errno is None:  # asyncio's way to say that the other end is gone before TLS was agreed
                raise OSError(TLS_CUT, str(error))
            raise
    found = await _connected(place or host, port)
    if no_delay:
        try:
            found.setsockopt(*_NO_DELAY)
        except OSError:
            pass  # a port without it is slower, no more
    if tls:
        found = tls.wrap_socket(found, server_hostname=host, do_handshake_on_connect=False)
        found.setblocking(False)
    stream = asyncio.StreamReader(found)  # type: ignore[arg-type]
    return stream, stream


TLS_CUT = -0x7280  # mbedTLS's number
_NO_DELAY = (6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY, on: without it a report waits 40 ms for the acknowledgement before it
_LOOK_S = 0.01  # between two looks at a connection that is being made


async def _connected(host: str, port: int):
    """A socket of MicroPython, where the connection was made or has failed: what is written first tells.

    asyncio.open_connection there forgets its socket when it is cancelled, and a board has ten of them.
    """
    import select
    import socket

    info = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    made = socket.socket(*info[:3])
    try:
        made.setblocking(False)
        try:
            made.connect(info[-1])
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        poller = select.poll()
        poller.register(made, select.POLLOUT)
        while not poller.poll(0):
            await asyncio.sleep(_LOOK_S)
    except BaseException:
        made.close()
        raise
    return made


def abort(writer) -> None:
    """Ends a stream whose last bytes nobody takes. On MicroPython closing it was enough: nothing waits there."""
    if hasattr(writer, "transport"):
        writer.transport.abort()

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

# The runtime as `hello` names it: "micropython 1.25.0".
RUNTIME = sys.implementation.name + " " + ".".join(str(part) for part in sys.implementation.version[:3])

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


_NETWORK = {  # by name, since boards have numbers of their own; Linux' number where MicroPython leaves the name out
    getattr(errno, name, number): text
    for name, number, text in (
        ("ECONNREFUSED", 111, "connection refused, nothing listens there"),
        ("ETIMEDOUT", 110, "timed out"),
        ("EHOSTUNREACH", 113, "the host cannot be reached"),
        ("ENETUNREACH", 101, "no network leads there"),
        ("ECONNRESET", 104, "reset by the other end"),
    )
}
_LAST_LOOKUP_ERROR = -999  # getaddrinfo's are -1 to -202, depending on the port; those of TLS begin far below


def reason(error: BaseException) -> str:
    """What the system did not do, in a few words without a number where there are any."""
    number = _number(error)
    if number in _TLS or getattr(error, "reason", None) in _TLS:
        return _TLS.get(number) or _TLS[error.reason]  # type: ignore[attr-defined]
    if hasattr(error, "library") or (number is not None and number < _LAST_LOOKUP_ERROR):
        return "TLS: " + str(error)
    if number is None:  # an OSError without one is a sentence of our own: what a Wi-Fi could not do
        return str(error) if type(error) is OSError and str(error) else explain(error)
    if _LAST_LOOKUP_ERROR <= number < 0 or type(error).__name__ == "gaierror":
        return "no such host, or no name server answers"
    return _NETWORK.get(number) or _system_text(number) or explain(error)


def _number(error: BaseException) -> "int | None":
    number = getattr(error, "errno", None)
    if isinstance(number, int):
        return number
    text = str(error)
    # MicroPython's getaddrinfo, and CPython's asyncio where a name has several addresses, put it into the text only.
    for mark in ("[addrinfo error ", "[Errno "):
        start = text.find(mark)
        if start >= 0:
            start += len(mark)
            return int(text[start : text.find("]", start)])
    return None


def _system_text(number: int) -> str:
    """The system's own words, or none on a board, which has no such words."""
    if hasattr(os, "strerror"):
        return os.strerror(number)
    try:
        import ffi  # type: ignore[import-not-found]
    except ImportError:
        return ""
    return ffi.open("libc.so.6").func("s", "strerror", "i")(number)


_NO_TLS = "what listens there does not speak TLS"
_CUT = "the other end closed the connection in the middle of TLS; is that its port for TLS?"
_TLS_CUT = -0x7280

_TLS: dict = {  # MicroPython has mbedTLS's numbers, CPython OpenSSL's names
    -0x7200: _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    _TLS_CUT: _CUT,
    "UNEXPECTED_EOF_WHILE_READING": _CUT,
}

# What can be wrong with a server's certificate.
OTHER_CA, OTHER_HOST, EXPIRED, NOT_YET = "other ca", "other host", "expired", "not yet valid"

_FAULTS = {  # OpenSSL's number of it, and mbedTLS's sentence: MicroPython hands out nothing else
    OTHER_CA: ((2, 7, 18, 19, 20, 21), "not correctly signed by the trusted CA"),
    OTHER_HOST: ((62, 64), "does not match with the expected CN"),
    EXPIRED: ((10,), "validity has expired"),
    NOT_YET: ((9,), "validity starts in the future"),
}


def certificate_faults(error: BaseException) -> "list[str]":
    """What is wrong with the certificate that the server showed; empty where the error is about something else.

    MicroPython names all that is wrong, CPython the first that it finds.
    """
    code = getattr(error, "verify_code", None)
    text = str(error) if isinstance(error, ValueError) else ""
    return [fault for fault, (codes, words) in _FAULTS.items() if (code in codes if code else words in text)]


def tls_context(authorities: "tuple[bytes, ...]"):
    """For connections to servers whose certificate one of these CAs (DER) has issued. Raises ValueError, OSError.

    To be made once: it takes some kilobytes, and a small heap falls into pieces.
    """
    try:
        import tls  # type: ignore[import-not-found]
    except ImportError:
        import ssl as tls  # CPython: imported here, since it takes 20 ms that only TLS is worth
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    for authority in authorities:
        if IS_MICROPYTHON:
            context.load_verify_locations(authority)
        else:
            context.load_verify_locations(cadata=authority)
    return context


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
                raise OSError(_TLS_CUT, str(error))
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


def aes_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-256-CBC without its padding taken off. `iv` is 16 bytes, `data` a multiple of 16."""
    try:
        import cryptolib  # type: ignore[import-not-found]

        return cryptolib.aes(key, 2, iv).decrypt(data)  # 2: CBC, which has no name on most ports
    except ImportError:
        pass  # CPython: imported here and not above, since it takes 50 ms that only sealed values are worth
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()

"""Reasons: what the system did not do, in words. It stands beside compat.py, since each system has words of its own."""

import errno
import os

from henge_agent.compat import TLS_CUT, explain

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

_NO_TLS = "what listens there does not speak TLS"
_CUT = "the other end closed the connection in the middle of TLS; is that its port for TLS?"
_TLS: dict = {  # MicroPython has mbedTLS's numbers, CPython OpenSSL's names
    -0x7200: _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    TLS_CUT: _CUT,
    "UNEXPECTED_EOF_WHILE_READING": _CUT,
}


def words(error: BaseException) -> str:
    """A few, without a number where there are any."""
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

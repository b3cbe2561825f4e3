"""The prompt of a virtual board, friendly and raw, byte for byte what MicroPython's shared/runtime/pyexec.c does where
mpremote relies on it; documentation: reference/repl.html, "Raw mode" and "Raw-paste mode".

It leaves out history, completion and cursor keys.
"""

import sys

from console import send, send_exception

FRIENDLY, RAW = "friendly", "raw"

_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_PASTE_BANNER = b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== "
_PASTE_WINDOW = 2048  # bytes that may be under way; a board says 128, and a virtual one has room for more
_A, _B, _C, _D, _E, _BACKSPACE, _CR, _DELETE = 1, 2, 3, 4, 5, 8, 13, 127


class Interrupts:
    """Whether Ctrl-C interrupts what runs: `micropython.kbd_intr`. The other end of the line does the interrupting."""

    def __init__(self, wire) -> None:
        self._wire = wire

    def allow(self, code: int) -> None:
        """3: the code of Ctrl-C; -1: none. From the return on this holds."""
        self._wire.ask(ask="interrupts", allowed=code == _C)


class Repl:
    """Runs what is typed with the names of boot.py and main.py, `names`."""

    def __init__(self, names: dict, interrupts: Interrupts, mode: str, banner: str) -> None:
        self.mode = mode
        self._names = names
        self._interrupts = interrupts
        self._banner = banner
        self._in = sys.stdin.buffer
        self._byte = bytearray(1)

    def run(self) -> None:
        """Until something asks for a soft reset."""
        while True:
            done = self._raw() if self.mode == RAW else self._friendly()
            if done:
                return

    def run_file(self, name: str) -> "tuple[bool, bool]":
        """boot.py or main.py, where there is one: whether all went well, and whether it asked for a soft reset."""
        try:
            with open(name) as file:
                source = file.read()
        except OSError:
            return True, False
        error, is_over = self._execute(source, name, "exec")
        if error is not None:
            send_exception(error)
        return error is None, is_over

    def _execute(self, source: str, name: str, kind: str) -> "tuple[BaseException | None, bool]":
        """What it raised, and whether it asked for a soft reset."""
        self._interrupts.allow(_C)
        try:
            exec(compile(source, name, kind), self._names)
            return None, False
        except SystemExit:
            return None, True
        except BaseException as error:  # whatever it is: it is shown to whoever typed it
            return error, False
        finally:
            self._interrupts.allow(-1)

    def _read(self) -> int:
        if not self._in.readinto(self._byte):  # type: ignore[attr-defined]
            raise EOFError()
        return self._byte[0]

    def _raw(self) -> bool:
        send(_RAW_BANNER)
        line = bytearray()
        while True:
            code = self._read()
            if code == _A:
                if line == b"\x05A":
                    if self._raw_paste():
                        return True
                    send(b">")
                else:
                    send(_RAW_BANNER)
                line = bytearray()
            elif code == _B:
                send(b"\r\n")
                self.mode = FRIENDLY
                return False
            elif code == _C:
                line = bytearray()
            elif code == _D:
                send(b"OK")
                if not line:
                    send(b"\r\n")
                    return True
                if self._answer(line):
                    return True
                line = bytearray()
                send(b">")
            else:
                line.append(code)

    def _raw_paste(self) -> bool:
        send(b"R\x01" + _PASTE_WINDOW.to_bytes(2, "little") + b"\x01")
        source = bytearray()
        while True:
            code = self._read()
            if code == _D or code == _C:
                break
            source.append(code)
            if len(source) % _PASTE_WINDOW == 0:
                send(b"\x01")
        send(b"\x04")
        if code == _C:
            send(b"\x04\x04")
            return False
        return self._answer(source)

    def _answer(self, source: bytearray) -> bool:
        """Runs one thing in the raw form of output. Whether it asked for a soft reset."""
        error, is_over = self._execute(source.decode(), "<stdin>", "exec")
        send(b"\x04")
        if error is not None:
            send_exception(error)
        send(b"\x04")
        return is_over

    def _friendly(self) -> bool:
        send(("\r\n" + self._banner + '\r\nType "help()" for more information.\r\n').encode())
        while True:
            source = self._statement()
            if source is None:
                return True
            if source == "\x01":
                self.mode = RAW
                return False
            if source == "\x02":
                return False
            error, is_over = self._execute(source, "<stdin>", "single")
            if is_over:
                return True
            if error is not None:
                send_exception(error)

    def _statement(self) -> "str | None":
        """What is typed until it is whole: Python, the code of Ctrl-A or Ctrl-B; None: Ctrl-D."""
        source = ""
        while True:
            send(b"... " if source else b">>> ")
            line = self._line()
            if line == "\x03":
                source = ""
            elif line == "\x04":
                send(b"\r\n")
                return None
            elif line == "\x05":
                line = self._pasted()
                if line.strip():
                    return line
            elif line in ("\x01", "\x02"):
                return line
            else:
                is_first = not source
                source += line + "\n"
                if not source.strip():
                    source = ""
                elif not _goes_on(source, line, is_first):
                    return source

    def _line(self) -> str:
        """One line, echoed; or a control character alone."""
        line = bytearray()
        while True:
            code = self._read()
            if code == _C or (not line and code in (_A, _B, _D, _E)):
                if code == _C:
                    send(b"\r\n")
                return chr(code)
            if code == _CR or code == 10:
                send(b"\r\n")
                return line.decode()
            if code in (_BACKSPACE, _DELETE):
                if line:
                    line = line[:-1]
                    send(b"\b \b")
            elif code >= 32:
                line.append(code)
                send(bytes((code,)))

    def _pasted(self) -> str:
        send(_PASTE_BANNER)
        source = bytearray()
        while True:
            code = self._read()
            if code == _C:
                send(b"\r\n")
                return ""
            if code == _D:
                send(b"\r\n")
                return source.decode()
            source.append(10 if code == _CR else code)
            send(b"\r\n=== " if code == _CR else bytes((code,)))


def _goes_on(source: str, line: str, is_first: bool) -> bool:
    """Whether more lines belong to it: open brackets, or a block that an empty line has not ended."""
    depth = sum([source.count(mark) for mark in "([{"]) - sum([source.count(mark) for mark in ")]}"])
    if depth > 0 or line.endswith("\\"):
        return True
    if is_first:
        return line.rstrip().endswith(":") or line.startswith("@")
    return bool(line.strip())

"""Machine: MicroPython on an emulated Cortex-M3, which runs pieces of Python over its serial line and says what they
printed. What `setup/qemu.sh` makes is passed in.
"""

import os
import select
import subprocess
import time
from pathlib import Path
from typing import Self

_RAW_REPL = b"\x01"
_READY = b"raw REPL; CTRL-B to exit\r\n>"
_END = b"\x04"
_START_S = 30.0

# Where the image of the file system lies: memory that this machine has apart, so that files cost no heap.
_FILES_AT = 0x21000000
SPARE_AT = 0x21800000  # where there is more of it, which nothing uses
SPARE_BYTES = 1 << 20

# A board has such a class in C, so its few hundred bytes of heap are this machine's alone.
_MOUNT = """
import sys, uctypes, vfs
class Chip:
    def __init__(self, at, size):
        self.memory = memoryview(uctypes.bytearray_at(at, size))  # a slice of it is no copy
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.memory[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.memory[at : at + len(buffer)] = buffer
    def ioctl(self, what, value):
        return len(self.memory) // 4096 if what == 4 else 4096 if what == 5 else 0
vfs.mount(vfs.VfsLfs2(Chip({at}, {size})), "/")
sys.path.append("/lib")
del Chip, uctypes, vfs
"""


class ProgramFailed(Exception):
    """What ran on the machine raised, or did not end in time; the text is what the machine said."""


class Machine:
    """One machine, switched on. Files are those of `image`, a LittleFS 2 of 4 KiB blocks, as image.py makes it."""

    def __init__(self, qemu: Path, firmware: Path, image: Path) -> None:
        self._image = image
        loader = f"loader,file={image},addr={_FILES_AT:#x},force-raw=on"
        command = [
            str(qemu),
            "-machine",
            "mps2-an385",
            "-display",
            "none",
            "-monitor",
            "none",
            "-semihosting",
            "-serial",
            "stdio",
        ]
        self._process = subprocess.Popen(
            [*command, "-kernel", str(firmware), "-device", loader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, code: str, limit_s: float = 120) -> str:
        """What the code printed. Raises ProgramFailed."""
        self._write(code.encode() + _END)
        self._read_to(b"OK", limit_s)
        printed = self._read_to(_END, limit_s)
        error = self._read_to(_END, limit_s)
        self._read_to(b">", limit_s)
        if error:
            raise ProgramFailed(f"{printed}{error}")
        return printed

    def restart(self) -> None:
        """An empty heap again, and the files as they are."""
        self._write(_END)
        self._read_to(_READY, _START_S)
        self._mount()

    def _start(self) -> None:
        self._write(_RAW_REPL)
        self._read_to(_READY, _START_S)
        self._mount()

    def _mount(self) -> None:
        self.run(_MOUNT.format(at=_FILES_AT, size=self._image.stat().st_size))

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _read_to(self, end: bytes, limit_s: float) -> str:
        """What comes before `end`, byte by byte, so that what follows is left for the next call."""
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        ends = time.monotonic() + limit_s
        found = b""
        while not found.endswith(end):
            ready, _, _ = select.select([source], [], [], max(0.0, ends - time.monotonic()))
            piece = os.read(source, 1) if ready else b""
            if not piece:
                raise ProgramFailed(f"no {end!r} from the machine in {limit_s:.0f} s: {found.decode(errors='replace')}")
            found += piece
        return found.removesuffix(end).decode(errors="replace").replace("\r\n", "\n")

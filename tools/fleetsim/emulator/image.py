"""Image: a LittleFS 2 with given files in it, made by MicroPython itself, the version of which boards have."""

import subprocess
from pathlib import Path

BLOCK_BYTES = 4096  # what both boards' flash erases at a time
BLOCKS = 256  # a megabyte

_MAKE = """
import sys, vfs
size, root, image = %r, %r, %r
class Chip:
    def __init__(self):
        self.memory = memoryview(bytearray(size))
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.memory[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.memory[at : at + len(buffer)] = buffer
    def ioctl(self, what, value):
        return size // 4096 if what == 4 else 4096 if what == 5 else 0
chip = Chip()
vfs.VfsLfs2.mkfs(chip)
made = vfs.VfsLfs2(chip)
for line in sys.stdin:
    path = line.rstrip("\\n")
    parts = path.split("/")
    for count in range(1, len(parts)):
        try:
            made.mkdir("/".join(parts[:count]))
        except OSError:
            pass
    with open(root + "/" + path, "rb") as source:
        with made.open(path, "wb") as file:
            file.write(source.read())
with open(image, "wb") as file:
    file.write(chip.memory)
"""


def make(micropython: Path, folder: Path, image: Path) -> None:
    """Writes all files under `folder` into a new `image`. Raises CalledProcessError, with what MicroPython said."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    code = _MAKE % (BLOCKS * BLOCK_BYTES, str(folder), str(image))
    subprocess.run(
        [str(micropython), "-c", code],
        input="".join(name + "\n" for name in names),
        text=True,
        check=True,
        capture_output=True,
    )

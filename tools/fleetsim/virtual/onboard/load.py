"""Files into a virtual board's flash, or out of it, while the board is off. Started by MicroPython: see image.py.

load.py IMAGE put FOLDER      everything in the folder goes to the board's root
load.py IMAGE get PATH        one file to standard output
"""

import os
import sys

import vfs  # type: ignore[import-not-found]
from chip import Chip

_AT = "/virtual-board"  # where the flash is mounted; a name in this program alone
_FOLDER = 0x4000  # os.ilistdir's type of a folder
_PIECE = 4096


def mounted(image: str) -> None:
    """A new board's flash is formatted."""
    chip = Chip(image, False)
    try:
        vfs.mount(vfs.VfsLfs2(chip, mtime=False), _AT)
    except OSError:
        vfs.VfsLfs2.mkfs(chip)
        vfs.mount(vfs.VfsLfs2(chip, mtime=False), _AT)


def copy_folder(source: str, target: str) -> None:
    for found in os.ilistdir(source):  # type: ignore[attr-defined]
        name = found[0]
        if found[1] == _FOLDER:
            try:
                os.mkdir(target + "/" + name)
            except OSError:
                pass  # it is there
            copy_folder(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as file, open(target + "/" + name, "wb") as copy:
                while True:
                    piece = file.read(_PIECE)
                    if not piece:
                        break
                    copy.write(piece)


def main() -> None:
    """Ends with 1 where there is no such file."""
    image, verb, path = sys.argv[1:]
    mounted(image)
    if verb == "put":
        copy_folder(path, _AT)
        return
    try:
        with open(_AT + path, "rb") as file:
            sys.stdout.buffer.write(file.read())
    except OSError:
        sys.exit(1)


main()

"""One life of a virtual board, from a reset to the next: with what it is told in one JSON text.

Mounts the flash, puts the board's modules in place, runs boot.py and main.py as the ports' main.c does, and then serves
the prompt. A soft reset ends this program; the surroundings start it again.
"""

import gc
import json
import sys

import vfs  # type: ignore[import-not-found]
import wire
from chip import Chip
from console import install, send
from overlay import lay_over
from repl import FRIENDLY, Interrupts, Repl

_BOOT = "# This file is executed on every boot (including wake-boot from deepsleep)\n"


def mount(chip: Chip, kind: str) -> None:
    """The board's files in place of the computer's; a new board's flash is formatted, as the ports do it."""
    vfs.umount("/")
    try:
        vfs.mount(vfs.VfsLfs2(chip, mtime=False), "/")
    except OSError:
        vfs.VfsLfs2.mkfs(chip)
        vfs.mount(vfs.VfsLfs2(chip, mtime=False), "/")
        if kind == "esp32":  # ports/esp32/modules/inisetup.py
            with open("/boot.py", "w") as file:
                file.write(_BOOT)


def main(names: dict) -> None:
    """The order is that of ports/esp32/main.c and ports/rp2/main.c. `names` are those of `__main__`."""
    for name in list(names):
        if name != "__name__":
            del names[name]
    options = json.loads(sys.argv[1])
    wire.open_wire(options["wire"])
    interrupts = Interrupts(wire)
    import modules

    about = modules.install(options, interrupts)
    install(lay_over("sys", about))
    mount(Chip(options["image"], options["slow"]), options["kind"])
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []
    repl = Repl(names, interrupts, options["mode"], modules.banner(about))
    gc.collect()
    if not serve(repl):
        send(b"MPY: soft reboot\r\n")
        wire.tell(reset="soft", mode=repl.mode)
    sys.exit(0)


def serve(repl: Repl) -> bool:
    """Whether the line is gone; else it is time for a soft reset."""
    try:
        is_well, is_over = repl.run_file("boot.py")
        if not is_over and is_well and repl.mode == FRIENDLY:
            is_over = repl.run_file("main.py")[1]
        if not is_over:
            repl.run()
        return False
    except EOFError:
        return True

"""Run by MicroPython: one life of a board that is flashed, on a simulated chip; test_flash_cuts.py lets many follow.

`cuts.py PLAN IMAGE new` makes a board with an old agent. `cuts.py PLAN IMAGE cut AFTER SEED` brings it the new one, and
lets the power fail after so many operations: it then ends with 1. `cuts.py PLAN IMAGE mend` lets it start, prints what
it has, brings it the new one once more, and prints what it has then. A life has a process of its own, because
MicroPython goes on closing the files of a board without power.
"""

import binascii
import json
import os
import sys

import vfs  # type: ignore[import-not-found]
from fleetsim.flash import ESP32_BYTES, Flash, erased

OLD, NEW, TORN = "old", "new", "torn"


class Reset(Exception):
    """machine.reset()."""


class Machine:
    @staticmethod
    def reset():
        raise Reset()

    @staticmethod
    def unique_id():
        return b"12345678"


def run(text, names):
    exec(text, names)


def start(flash):
    """What the board does when power comes: runs main.py, until that is the agent's."""
    vfs.mount(vfs.VfsLfs2(flash), "/")
    for _ in range(3):
        with open("/main.py") as file:
            text = file.read()
        if not text.startswith(plan["mark"]):
            return
        try:
            run(text, {"__name__": "__main__"})
        except Reset:
            pass
    raise ValueError("the switch runs again and again")


def has(files):
    for path, content in files.items():
        try:
            with open("/" + path, "rb") as file:
                if file.read() != binascii.a2b_base64(content):
                    return False
        except OSError:
            return False
    return True


def state():
    if not has(plan["kept"]):
        return TORN
    return OLD if has(plan["old"]) else NEW if has(plan["new"]) else TORN


def flash_it(flash):
    """All that `fleetctl flash` sends, and the start that follows."""
    names = {"__name__": "__main__", "print": said.append}
    said.clear()
    run(plan["looking"], names)
    begun = json.loads(said[-1].partition(":")[2])["begun"]
    names = {"__name__": "__main__", "print": said.append}
    run(plan["taking"], names)
    first = plan["sizes"].index(begun[0]) if begun in plan["prefixes"] else 0
    for call in plan["pieces"][first:] + plan["rest"]:
        run(call, names)
    vfs.umount("/")
    start(flash)


def life(what, after=0, seed=None):
    """The board's image when this life is over, and whether the power failed."""
    flash = Flash(image)
    if what == "new":
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash), "/")
        write(plan["old"])
        write(plan["kept"])
    elif what == "cut":
        vfs.mount(vfs.VfsLfs2(flash), "/")
        flash.cut(after, seed)
        try:
            flash_it(flash)
        except Exception:  # whatever a board on a dead chip runs into
            if not flash.is_dead:
                raise
        return flash.is_dead
    else:
        start(flash)
        show(state())
        flash_it(flash)
        show(state())
    return False


def write(files):
    for path, content in files.items():
        parts = path.split("/")
        for count in range(1, len(parts)):
            try:
                os.mkdir("/" + "/".join(parts[:count]))
            except OSError:
                pass
        with open("/" + path, "wb") as file:
            file.write(binascii.a2b_base64(content))


def main(path, image_path, what, after="0", seed=""):
    global plan, image
    with open(path) as file:
        plan = json.load(file)
    image = erased(ESP32_BYTES // 16)
    if what != "new":
        with open(image_path, "rb") as file:
            file.readinto(image)
    out = open(image_path, "wb")  # noqa: SIM115 from here on there is no folder to open it in
    sys.modules["machine"] = Machine  # type: ignore[assignment]
    vfs.umount("/")
    failed = life(what, int(after), int(seed) if seed else None)
    out.write(image)
    out.close()
    sys.exit(1 if failed else 0)


said = []
show = print
main(*sys.argv[1:])

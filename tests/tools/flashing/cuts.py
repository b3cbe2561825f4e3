"""Run by MicroPython: brings a bundle to a board on a simulated flash, and cuts the power at operation 1, 2, 3, ...

`cuts.py FILE` reads texts and bundle from a JSON file that test_flash_cuts.py writes; prints a line `bad: ...` for each
board that has neither the old agent nor the new, or cannot be brought the new one afterwards, and at last `sum: ...`.
MicroPython itself prints what goes wrong in closing the files of a board without power.
"""

import binascii
import json
import sys

import vfs  # type: ignore[import-not-found]
from fleetsim.flash import ESP32_BYTES, Flash, PowerCut, erased

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


def attempt(image, after, seed):
    """One board whose power fails. Whether it was still on at the end, and what is wrong with it."""
    flash = Flash(image)
    vfs.mount(vfs.VfsLfs2(flash), "/")
    flash.cut(after, seed)
    try:
        flash_it(flash)
    except PowerCut:
        pass
    whole = not flash.is_dead
    flash = mended(flash)
    found = state()
    flash_it(flash)
    problem = found if found == TORN else "cannot be flashed again" if state() != NEW else ""
    vfs.umount("/")
    return whole, found, problem


def mended(flash):
    try:
        vfs.umount("/")
    except (OSError, PowerCut):
        pass
    flash = flash.again()
    start(flash)
    return flash


def board():
    """The image of a board with the old agent on it."""
    image = erased(ESP32_BYTES // 8)
    flash = Flash(image)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/")
    import os

    os.mkdir("/lib")
    for files in (plan["old"], plan["kept"]):
        for path, content in files.items():
            parts = path.split("/")
            for count in range(1, len(parts)):
                try:
                    os.mkdir("/" + "/".join(parts[:count]))
                except OSError:
                    pass
            with open("/" + path, "wb") as file:
                file.write(binascii.a2b_base64(content))
    vfs.umount("/")
    return image


with open(sys.argv[1]) as file:
    plan = json.load(file)
sys.modules["machine"] = Machine  # type: ignore[assignment]
said = []
vfs.umount("/")
original = board()
tried, counts = 0, {OLD: 0, NEW: 0, TORN: 0}
for seed in (None, 1):
    after, whole = 0, False
    while not whole:
        whole, found, problem = attempt(bytearray(original), after, seed)
        counts[found] += 1
        if problem:
            print("bad: cut after", after, "seed", seed, problem)
        tried += 1
        after += 1
print("sum: tried", tried, "old", counts[OLD], "new", counts[NEW], "torn", counts[TORN])

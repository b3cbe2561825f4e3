"""Sent to a board to write what it is brought, beside what it has: a cut at any moment leaves it what it had.

What is brought lies in /install until `commit` makes the switch the board's main.py, with one rename; from then on the
switch puts everything in place whenever the board starts (switch.py).
"""

import binascii
import os

from fleetctl.flash.aboard.files import digest_of, remove

FOLDER = "/install"
BUNDLE = FOLDER + "/bundle"
SWITCH = FOLDER + "/switch.py"

try:
    from machine import WDT

    # Neither ESP32 nor RP2 can stop a watchdog that the agent has started, so it is fed here, at every piece. Where
    # none runs this starts one: a board whose cable is pulled now starts again by itself, with what it has. RP2 takes
    # 8388 ms at most (MicroPython's documentation, class WDT).
    dog = WDT(timeout=8000)
except (ImportError, OSError, ValueError):
    dog = None


def feed():
    if dog:
        dog.feed()


def put(offset, text):
    """A piece of the bundle, in base64, behind the `offset` bytes that are there. Says how many there are now."""
    feed()
    if offset == 0:
        remove(FOLDER, feed)
        os.mkdir(FOLDER)
    elif os.stat(BUNDLE)[6] != offset:
        raise ValueError("a piece of the bundle is missing")
    with open(BUNDLE, "ab") as file:
        file.write(binascii.a2b_base64(text))
    print("henge-piece:" + str(os.stat(BUNDLE)[6]))


def unpack(digest, switch):
    """Puts the files of a whole bundle into /install, and reads them back. Raises ValueError."""
    for name in os.listdir(FOLDER):
        if name != "bundle":
            remove(FOLDER + "/" + name, feed)
    paths = []
    with open(BUNDLE, "rb") as bundle:
        while True:
            header = bundle.readline().decode()
            if not header:
                break
            path, _, size = header.rstrip().rpartition(" ")
            paths.append(path)
            copy(bundle, int(size), FOLDER + "/" + path)
            print("henge-file:" + path)  # whoever listens knows that it is alive
    if digest_of(paths, FOLDER + "/", feed) != digest:
        raise ValueError("the bundle did not arrive whole")
    save(SWITCH, switch)
    print("henge-unpacked:" + str(len(paths)))


def copy(source, size, path):
    parts = path.split("/")
    for count in range(2, len(parts)):
        try:
            os.mkdir("/".join(parts[:count]))
        except OSError:
            pass  # it is there; else opening the file fails
    with open(path, "wb") as file:
        while size > 0:
            feed()
            block = source.read(min(size, 512))
            if not block:
                raise ValueError("the bundle ends too soon")
            file.write(block)
            size -= len(block)


def save(path, text):
    """A file with this text, whole or not at all."""
    feed()
    new = path + ".new"
    with open(new, "w") as file:
        file.write(text)
    with open(new) as file:
        if file.read() != text:
            raise ValueError(path + " was not written as it should be")
    os.rename(new, path)
    print("henge-saved:" + path)


def commit():
    """From here on the board has the new agent: whatever happens, it puts it in place when it starts."""
    feed()
    os.rename(SWITCH, "/main.py")
    print("henge-committed:")

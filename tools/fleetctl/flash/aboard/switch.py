"""The board's main.py for one start: puts the agent that lies in /install in place, its own main.py last, and starts
the board again. Power may fail at any moment: what is then still in /install is moved at the next start.
"""

import os

import machine

from fleetctl.flash.aboard.files import is_folder, remove


def rest():
    """No watchdog runs here: the agent has not started."""


def move(name):
    """Whether it was still there to be moved."""
    folder = is_folder("/install/" + name)
    if folder is None:
        return False  # it was moved before the power failed
    if folder:
        remove("/" + name, rest)  # a file is replaced by the rename itself, a folder with something in it is not
    os.rename("/install/" + name, "/" + name)
    return True


def switch():
    if not is_folder("/lib"):
        os.mkdir("/lib")
    for name in ("lib/henge_protocol", "lib/henge_agent", "board.py", "boot.py"):
        move(name)
    if move("main.py"):
        remove("/install", rest)
        machine.reset()
    print("There is no agent in /install: run `fleetctl flash` once more.")


switch()

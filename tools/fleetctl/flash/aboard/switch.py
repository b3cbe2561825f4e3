"""The board's main.py for one start: puts the agent that lies in /install in place, its own main.py last, and starts
the board again. Power may fail at any moment: what is then still in /install is moved at the next start.
"""

import os

from fleetctl.flash.aboard.files import is_folder, remove


def rest():
    """At a start no watchdog runs: the agent has not begun."""


feed = globals().get("feed", rest)  # run from where the agent was brought, there is one


def move(name):
    """Whether it was still there to be moved."""
    folder = is_folder("/install/" + name)
    if folder is None:
        return False  # it was moved before the power failed
    if folder:
        remove("/" + name, feed)  # a file is replaced by the rename itself, a folder with something in it is not
    feed()
    os.rename("/install/" + name, "/" + name)
    return True


def switch():
    """Whether the agent's main.py is there now."""
    if not is_folder("/lib"):
        os.mkdir("/lib")
    for name in ("lib/henge_protocol", "lib/henge_agent", "board.py", "boot.py"):
        move(name)
    if not move("main.py"):
        print("There is no agent in /install: run `fleetctl flash` once more.")
        return False
    remove("/install", feed)
    return True


if switch() and __name__ == "__main__":
    import machine

    machine.reset()

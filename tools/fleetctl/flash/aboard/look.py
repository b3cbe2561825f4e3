"""Sent to a board to see what it is and what is on it. Changes nothing.

The answer is one line with a mark, so that it is found between whatever else the board says.
"""

import binascii
import hashlib
import json
import os
import sys

from fleetctl.flash.aboard.files import add, digest_of, is_folder, text_of


def rest():
    """Looking takes no second: no watchdog needs to be fed for it."""


def installed(paths):
    """The digest of these files; empty where one is missing."""
    try:
        return digest_of(paths, "/", rest)
    except OSError:
        return ""


def begun(path):
    """Size and digest of a bundle of which a part has come, or all of it."""
    digest = hashlib.sha256()
    if is_folder(path) is None:
        return [0, ""]
    add(digest, path, rest)
    return [os.stat(path)[6], text_of(digest)]


def content(path):
    """A file's text; empty where there is none."""
    if is_folder(path) is None:
        return ""
    with open(path) as file:
        return file.read()


def has_wifi():
    try:
        import network
    except ImportError:
        return False
    return hasattr(network, "WLAN")


def name_of(about):
    """What kind of chip, and which board. Not every build has os.uname."""
    if hasattr(os, "uname"):
        name = os.uname()
        return name.sysname, name.machine
    return sys.platform, getattr(about, "_machine", "")


def look(paths):
    """Prints the line: what MicroPython says of itself and of the hardware, and what is on its flash."""
    import machine

    about, space = sys.implementation, os.statvfs("/")
    system, machine_name = name_of(about)
    found = {
        "system": system,
        "machine": machine_name,
        "version": [part for part in about.version if isinstance(part, int)],
        "mpy": getattr(about, "_mpy", 0),
        "uid": binascii.hexlify(machine.unique_id()).decode(),
        "wifi": has_wifi(),
        "free": space[0] * space[3],
        "installed": installed(paths),
        "begun": begun("/install/bundle"),
        "henge": content("/henge.json"),
        "main": content("/main.py"),
    }
    print("henge-board:" + json.dumps(found))

"""Ports for programs that must know theirs beforehand, or have the same one again after a restart.

A port that the kernel chose (port 0) is free for whoever asks next as soon as its program ends, and every connection of
other tests asks. The ports of this file lie below those, and no two tests of this machine are given the same one.
"""

import secrets
import socket
from pathlib import Path

FIRST = 20_000
LAST = max(FIRST + 1000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))

_names: list[socket.socket] = []


def free_port() -> int:
    """Nobody listens there, and no other test does until this process ends."""
    while True:
        port = FIRST + secrets.randbelow(LAST - FIRST)
        name = socket.socket(socket.AF_UNIX)
        try:
            # A name that only one process can have, and that is gone with it. See unix(7), abstract.
            name.bind(f"\0henge-test-port-{port}")
            with socket.socket() as found:
                found.bind(("", port))
        except OSError:
            name.close()
        else:
            _names.append(name)
            return port

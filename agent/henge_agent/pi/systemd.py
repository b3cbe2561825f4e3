"""Systemd: tells the service manager that the agent is up, and that it is well. From sd_notify(3).

It refuses nothing and raises nothing: where no service manager listens, nobody is told.
"""

import socket


class Manager:
    """`address` is what the manager puts into NOTIFY_SOCKET; empty where there is none."""

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._was_told = False

    def well(self) -> None:
        """The agent is well. The first time, this is also the news that it is up."""
        self._tell("WATCHDOG=1" if self._was_told else "READY=1\nWATCHDOG=1")
        self._was_told = True

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(text.encode(), self._address)
            except OSError:
                pass  # the manager is being started anew; it is told again in two seconds

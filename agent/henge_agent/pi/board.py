"""The board that is a Raspberry Pi: files for flash, pins and a 1-Wire bus for hardware, systemd for a watchdog.

A reboot here ends the program, for whoever keeps it to start it again: the machine belongs to others, too.
"""

import sys

from henge_agent.pc_board import PcBoard
from henge_agent.pi.lights import PiLed
from henge_agent.pi.sensors import PiThermometer
from henge_agent.pi.systemd import Manager

_SERIAL = "/proc/device-tree/serial-number"
_WIRELESS = "/proc/net/wireless"


class PiBoard(PcBoard):
    """`notify` is NOTIFY_SOCKET, `run` a folder that outlives the program but not a reboot; either may be empty.

    `root` is where /proc and /sys lie.
    """

    name = "pi"

    def __init__(self, folder: str, notify: str = "", run: str = "", root: str = "") -> None:
        super().__init__(folder)
        self._root = root
        self._manager = Manager(notify)
        self._count_file = run + "/starts" if run else ""
        self.uid = self._serial() or self.uid
        self.crashes = self._counted()
        self.reset_cause = "crash" if self.crashes else "start"
        self._is_settled = False
        self._count(self.crashes + 1)

    def drivers(self) -> list:
        return [PiLed(), PiThermometer(self._root)]

    def rssi(self) -> "int | None":
        """Of the first Wi-Fi that the machine is on."""
        lines = self._read(_WIRELESS).splitlines()[2:]  # two lines of headings: status, then link, level, noise
        words = lines[0].split() if lines else []
        try:
            return int(float(words[3]))
        except (IndexError, ValueError):
            return None

    def feed(self) -> None:
        self._manager.well()

    def settled(self) -> None:
        self._is_settled = True
        self._count(0)

    def reboot(self) -> None:
        """An agent that was never well has crashed, and systemd is told so by the exit code."""
        sys.exit(0 if self._is_settled else 1)

    def _serial(self) -> bytes:
        try:
            return bytes.fromhex(self._read(_SERIAL).strip("\0\n"))
        except ValueError:
            return b""

    def _counted(self) -> int:
        """Starts since the last that went well."""
        text = self._read(self._count_file, "") if self._count_file else ""
        return int(text) if text.isdigit() else 0

    def _count(self, starts: int) -> None:
        if self._count_file:
            with open(self._count_file, "w") as file:
                file.write(str(starts))

    def _read(self, path: str, root: "str | None" = None) -> str:
        """What a file says; nothing where it cannot be read."""
        try:
            with open((self._root if root is None else root) + path) as file:
                return file.read()
        except OSError:
            return ""

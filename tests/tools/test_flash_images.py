"""MicroPython onto a board: command lines for esptool, with a stand-in that speaks as it does, and a Pico's drive."""

import os
import pty
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest
from fleetctl.errors import Failed
from fleetctl.flash import esptool, images, uf2
from fleetctl.flash.knock import NoPrompt, knock

from tests.tools.flashing.standin import WRITTEN, StandIn, bin_image, uf2_image

OTHER_CHIP = "A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?"
NO_ANSWER = "A fatal error occurred: Failed to connect to ESP32: No serial data received."


@pytest.mark.parametrize(
    ("chip", "name", "offset"), [(0, "esp32", "0x1000"), (9, "esp32s3", "0x0"), (23, "esp32c5", "0x2000")]
)
def test_the_chip_and_the_place_come_from_the_image(tmp_path, chip, name, offset):
    path = bin_image(tmp_path / "micropython.bin", chip)
    stand_in = StandIn(tmp_path, WRITTEN, 0)
    percents: list[float] = []
    stand_in.esptool.write(esptool.image(path), erase=True, progress=percents.append)
    assert stand_in.line == (f"--port /dev/ttyUSB0 --chip {name} --baud 460800 write-flash --erase-all {offset} {path}")
    assert 50.0 in percents


def test_the_files_of_a_board_stay_when_nothing_is_to_be_erased(tmp_path):
    stand_in = StandIn(tmp_path, WRITTEN, 0)
    stand_in.esptool.write(esptool.image(bin_image(tmp_path / "a.bin", 0)), erase=False, progress=lambda percent: None)
    assert "--erase-all" not in stand_in.line


@pytest.mark.parametrize(
    ("said", "code", "says"),
    [
        (OTHER_CHIP, 2, "for another chip than the one at /dev/ttyUSB0. Nothing was changed"),
        (NO_ANSWER, 2, "Hold the button BOOT"),
        ("could not open port /dev/ttyUSB0: Device or resource busy", 1, "fleetctl doctor"),
        ("Wrote 2 bytes", 0, "did not say that a.bin was written whole"),
    ],
)
def test_it_says_what_to_do_when_esptool_fails(tmp_path, said, code, says):
    stand_in = StandIn(tmp_path, said, code)
    with pytest.raises(Failed, match=says):
        stand_in.esptool.write(esptool.image(bin_image(tmp_path / "a.bin", 0)), False, lambda percent: None)


def test_the_real_esptool_takes_these_command_lines(tmp_path):
    argv = ["--port", str(tmp_path / "none"), "--chip", "esp32c5", "--baud", "460800", "write-flash", "--erase-all"]
    image = bin_image(tmp_path / "a.bin", 23)
    done = subprocess.run(
        [sys.executable, "-m", "esptool", *argv, "0x2000", str(image)], capture_output=True, text=True, check=False
    )
    assert "none" in done.stdout + done.stderr
    assert "No such option" not in done.stdout + done.stderr
    assert "Usage" not in done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"", b"\xe9" + bytes(50)[:12] + b"\xff\xff", b"UF2\n" + bytes(600)])
def test_a_file_that_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "a.bin").write_bytes(content)
    (tmp_path / "a.uf2").write_bytes(content)
    for name in ("a.bin", "a.uf2"):
        with pytest.raises(Failed, match="is no "):
            images.read(tmp_path / name)


def test_the_newest_image_of_the_cache_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(Failed, match=r"no RPI_PICO_W-\*\.uf2"):
        images.find("cached", "pico")
    images.folder().mkdir(parents=True)
    for version in ("v1.9.4", "v1.25.0", "v1.24.1"):
        (images.folder() / f"RPI_PICO_W-20250415-{version}.uf2").touch()
    assert images.find("cached", "pico").name == "RPI_PICO_W-20250415-v1.25.0.uf2"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """Where a Pico's drive is mounted."""
    folder = tmp_path / "media" / "RPI-RP2"
    folder.mkdir(parents=True)
    (folder / "INFO_UF2.TXT").write_text("UF2 Bootloader v2.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n")
    (tmp_path / "mounts").write_text(f"/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 {folder} vfat rw 0 0\n")
    return folder


def test_an_image_is_copied_to_the_drive_of_its_board(drive, tmp_path):
    assert uf2.Drives(tmp_path / "mounts", tmp_path).find() == (drive, "RPI-RP2")
    image = uf2.image(uf2_image(tmp_path / "pico.uf2", 0xE48BFF56))
    percents: list[float] = []
    uf2.write(image, drive, "RPI-RP2", progress=percents.append)
    assert (drive / "pico.uf2").read_bytes() == image.path.read_bytes()
    assert percents[-1] == 100


def test_an_image_for_another_chip_is_not_copied(drive, tmp_path):
    image = uf2.image(uf2_image(tmp_path / "pico2.uf2", 0xE48BFF59))
    with pytest.raises(Failed, match="is for RP2350"):
        uf2.write(image, drive, "RPI-RP2", lambda percent: None)
    assert not (drive / "pico2.uf2").exists()


def test_a_drive_that_is_not_mounted_is_named(tmp_path):
    (tmp_path / "mounts").write_text("")
    drives = uf2.Drives(tmp_path / "mounts", tmp_path)
    assert (drives.find(), drives.unmounted()) == (None, "")
    (tmp_path / "RP2350").touch()
    assert drives.unmounted() == "RP2350"


class Port:
    """A pty with something behind it that answers `answer(bytes)`."""

    def __init__(self, answer) -> None:
        self.master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.path = os.ttyname(slave)
        self._slave = slave
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            while heard := os.read(self.master, 1024):
                os.write(self.master, self._answer(heard))
        except OSError:
            pass

    def close(self) -> None:
        os.close(self._slave)
        self._thread.join()
        os.close(self.master)


class Clock:
    """Time passes by sleeping."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        threading.Event().wait(0.002)  # whatever is at the other end has its turn


def test_a_program_that_ends_only_at_the_third_ctrl_c_is_interrupted():
    heard = []

    def answer(data: bytes) -> bytes:
        heard.append(data.count(b"\x03"))
        return b"\r\n>>> " if sum(heard) > 2 else b"still here\r\n"

    port, clock = Port(answer), Clock()
    knock(port.path, now=clock.now, sleep=clock.sleep)
    assert sum(heard) > 2
    port.close()


def test_it_gives_up_and_says_what_it_heard_when_no_prompt_comes():
    port, clock = Port(lambda data: b"ets Jul 29 2019 12:21:46\r\n"), Clock()
    with pytest.raises(NoPrompt, match=r"(?s)answers as MicroPython.*ets Jul 29"):
        knock(port.path, now=clock.now, sleep=clock.sleep)
    assert clock.at > 10
    port.close()


@pytest.mark.parametrize("length", [10, 600, 5000])
def test_no_secret_is_told_when_a_board_says_what_it_is_in_place_of_a_prompt(length):
    said = b'\r\nhenge-board:{"henge": "' + b"secret " * length + b'"}\r\nrst:0x1\r\n'
    port, clock = Port(lambda data: said), Clock()
    with pytest.raises(NoPrompt) as failure:
        knock(port.path, now=clock.now, sleep=clock.sleep)
    assert "secret" not in failure.value.detail
    port.close()


def test_a_port_that_comes_back_after_a_reset_is_waited_for(tmp_path):
    port, clock = Port(lambda data: b"\r\n>>> "), Clock()
    path = tmp_path / "ttyACM0"

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.at > 2 and not path.exists():
            path.symlink_to(port.path)

    knock(str(path), patient=True, now=clock.now, sleep=sleep)
    assert clock.at > 2
    port.close()


@pytest.mark.parametrize("patient", [True, False])
def test_it_says_so_when_there_is_no_such_port(tmp_path, patient):
    clock = Clock()
    with pytest.raises(Failed, match="There is no port"):
        knock(str(tmp_path / "ttyUSB9"), patient, clock.now, clock.sleep)


@pytest.mark.parametrize(
    ("locks", "says"),
    [
        ("fcntl.flock(0, fcntl.LOCK_EX)", r"is used by python.* \(process {}\)"),
        ("0", r"\(process {}\) has the port open"),
    ],
)
def test_the_program_that_holds_the_port_is_named(locks, says):
    port, clock = Port(lambda data: b""), Clock()
    program = f"import fcntl; {locks}; print('held', flush=True); __import__('time').sleep(60)"
    argv = [sys.executable, "-c", program]
    with open(port.path) as held, subprocess.Popen(argv, stdin=held, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        try:
            with pytest.raises(Failed, match=says.format(other.pid)):
                knock(port.path, now=clock.now, sleep=clock.sleep)
        finally:
            other.kill()
    port.close()

"""A board on a port becomes a device that is online: the real mpremote, a virtual board, a real server."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from fleetctl.context import Context
from fleetctl.flash import esptool, found, script, uf2
from fleetctl.flash.esptool import Esptool
from fleetctl.flash.knock import knock
from fleetctl.flash.micropython import Installer, Tools
from fleetctl.flash.mpremote import Mpremote
from fleetctl.flash.progress import Progress
from fleetsim.virtual import Air, VirtualBoard

from tests.tools.commandline import CommandLine, Result
from tests.tools.flashing import firmware
from tests.tools.flashing.standin import WRITTEN, StandIn, bin_image, uf2_image
from tests.tools.program import Program

Flash = Callable[..., Result]

BARE = {"name": "bare", "settings": {"server.address": {"type": "string", "default": "", "max_length": 100}}}
WIFI = 'country = "DE"\n[[networks]]\nssid = "home"\npassword = "open sesame"\n'


@pytest.fixture
def board(micropython: Path, tmp_path: Path) -> Iterator[VirtualBoard]:
    """A new ESP32 with MicroPython, where the Wi-Fi is."""
    air = Air()
    air.add("home", "open sesame")
    with VirtualBoard(tmp_path / "board", "esp32", air) as board:
        board.power_on()
        yield board


@pytest.fixture
def options(board: VirtualBoard, server: Context, fleetctl: CommandLine, home: Path) -> list[str]:
    """What every flash here is told."""
    (home / "bare.yaml").write_text(yaml.safe_dump(BARE))
    fleetctl("schema", "apply", str(home / "bare.yaml"))
    (home / "wifi.toml").write_text(WIFI)
    own = firmware.write(home / "own")
    where = ["--port", board.port, "--server", f"mqtts://{server.mqtts}"]
    return [*where, "--firmware", str(own), "--wifi", str(home / "wifi.toml")]


@pytest.fixture
def flash(fleetctl: CommandLine, options: list[str]) -> Flash:
    return lambda *args: fleetctl("flash", *args, *options)


def put(board: VirtualBoard, name: str, text: str) -> None:
    """A file onto the board, which starts with it."""
    knock(board.port)
    Mpremote(board.port).run([f"with open({name!r}, 'w') as file:\n    file.write({text!r})\n"])
    Mpremote(board.port).reset()


_names = iter(f"flashed-{number}" for number in range(100))


@pytest.fixture
def name(fleetctl: CommandLine) -> Iterator[str]:
    """Of a device that is not registered; it is gone after the test."""
    name = next(_names)
    yield name
    fleetctl("device", "remove", name, "--yes")


def test_a_bare_board_is_online_in_the_end(flash, name):
    result = flash(name, "--schema", "bare", "--yes")
    assert (result.code, result.out) == (0, f"{name} is online, running revision 1\n"), result.err


def test_a_board_that_is_right_is_left_as_it_is(flash, name):
    flash(name, "--schema", "bare", "--yes")
    result = flash(name)
    assert (result.code, "nothing was changed" in result.out) == (0, True), result.err
    assert "Copying" not in result.err
    assert "Writing" not in result.err


@pytest.mark.slow
def test_only_what_differs_is_written_when_a_board_gets_another_wifi(flash, name, board, home):
    flash(name, "--schema", "bare", "--yes")
    board.air.add("cellar", "low but dry")
    (home / "wifi.toml").write_text(WIFI.replace("home", "cellar").replace("open sesame", "low but dry"))
    result = flash(name)
    assert (result.code, "Copying" in result.err) == (0, False), result.err


def test_nothing_is_changed_by_a_dry_run(flash, name, fleetctl, board):
    result = flash(name, "--schema", "bare", "--dry-run")
    assert result.code == 0
    assert "would copy the agent" in result.out
    assert "would register" in result.out
    assert fleetctl("device", "show", name).code == 1
    assert "henge-piece" not in board.heard


def test_no_secret_is_printed(flash, name):
    result = flash(name, "--schema", "bare", "--yes")
    dry = flash(name, "--dry-run")
    assert "open sesame" not in result.out + result.err + dry.out + dry.err


@pytest.mark.slow
def test_a_board_of_another_device_is_not_touched_until_it_is_agreed(flash, name, fleetctl):
    flash(name, "--schema", "bare", "--yes")
    other = name + "-2"
    result = flash(other, "--schema", "bare")
    assert (result.code, f"is {name}" in result.err) == (2, True), result.err
    assert flash(name).out.startswith(f"{name} is online"), "it went on as the device that it was"
    assert flash(other, "--schema", "bare", "--yes").code == 0
    fleetctl("device", "remove", other, "--yes")


def test_a_board_of_another_kind_is_not_touched(flash, name):
    result = flash(name, "--board", "pico", "--yes")
    assert (result.code, "This is no pico" in result.err) == (1, True), result.err


def test_it_asks_for_the_wifi_and_says_how_when_there_is_nobody(fleetctl, options, name):
    result = fleetctl("flash", name, *options[:-2], "--schema", "bare", "--yes")
    assert (result.code, "--wifi FILE" in result.err) == (2, True), result.err


def test_it_says_how_to_go_on_when_it_is_interrupted(options, name, board):
    with Program("flash", name, *options, "--yes") as program:
        board.wait_for("the agent", lambda: "henge-piece:" in board.heard)
        assert program.end(signal.SIGINT) == 130
    assert "the same command goes on from here" in program.said[-1]


@pytest.mark.slow
def test_it_goes_on_where_it_was_when_the_power_failed(flash, options, name, board):
    argv = ["flash", name, *options, "--schema", "bare", "--yes"]
    with Program(*argv) as program:
        board.wait_for("half of the agent", lambda: "henge-piece:20480" in board.heard)
        board.power_off()
        board.power_on()
        assert program.wait() == 1, program.said
    again = flash(name, "--schema", "bare", "--dry-run")
    assert "of it are there already" in again.out
    assert flash(name, "--schema", "bare", "--yes").out == f"{name} is online, running revision 1\n"


@pytest.mark.slow
def test_a_watchdog_that_runs_does_not_bite_while_the_agent_is_copied(flash, name, board):
    put(
        board,
        "main.py",
        "import machine, time\nmachine.WDT(timeout=4000)\nwhile True: time.sleep(0.1); machine.WDT().feed()\n",
    )
    result = flash(name, "--schema", "bare", "--yes")
    assert result.code == 0, result.err


def test_it_says_what_the_board_says_when_it_does_not_come(flash, name, board):
    board.air.remove("home")
    result = flash(name, "--schema", "bare", "--yes", "--wait", "4s")
    assert (result.code, "joining home" in result.err) == (3, True), result.err


@pytest.mark.parametrize("kind", ["esp32", pytest.param("pico", marks=pytest.mark.slow)])
def test_a_board_with_its_own_firmware_is_online_in_the_end(fleetctl, server, name, home, tmp_path, micropython, kind):
    air = Air()
    air.add("home", "open sesame")
    (home / "wifi.toml").write_text(WIFI)
    with VirtualBoard(tmp_path / kind, kind, air) as board:
        board.power_on()
        where = ["--port", board.port, "--server", f"mqtts://{server.mqtts}", "--wifi", str(home / "wifi.toml")]
        result = fleetctl("flash", name, "--schema", "lamp", "--board", kind, "--yes", *where)
    assert (result.code, result.out) == (0, f"{name} is online, running revision 1\n"), result.err


@pytest.mark.slow
def test_a_board_that_nobody_wrote_a_schema_for_can_be_configured(fleetctl, server, name, home, board):
    (home / "wifi.toml").write_text(WIFI)
    where = ["--port", board.port, "--server", f"mqtts://{server.mqtts}", "--wifi", str(home / "wifi.toml")]
    result = fleetctl("flash", name, "--yes", *where)
    assert f"`fleetctl schema adopt {name}`" in result.out, result.err
    assert fleetctl("schema", "adopt", name).code == 0
    assert fleetctl("config", "set", name, "led.brightness=20", "--wait", "20s").code == 0


def installer(folder: Path, esptool: Esptool, agreed: list[str]) -> Installer:
    """Whoever is asked agrees."""
    (folder / "mounts").write_text(f"/dev/sdb1 {folder / 'RPI-RP2'} vfat rw 0 0\n")
    tools = Tools(esptool=lambda port: esptool, drives=uf2.Drives(folder / "mounts", folder))
    return Installer(tools, Progress(), agreed.append)


def test_a_board_that_answers_keeps_its_files_when_it_gets_another_micropython(board, tmp_path):
    stand_in, agreed = StandIn(tmp_path, WRITTEN, 0), []
    image = esptool.image(bin_image(tmp_path / "new.bin", 0))
    installer(tmp_path, stand_in.esptool, agreed).write_bin(image, board.port)
    assert "Replace its MicroPython by new.bin?" in agreed[0]
    assert "--erase-all" not in stand_in.line


def test_micropython_is_not_written_again_when_the_board_has_that_version(board, tmp_path):
    agreed: list[str] = []
    knock(board.port)
    version = found.read(Mpremote(board.port).run([script.looking([])])).version
    path = bin_image(tmp_path / f"ESP32_GENERIC-20250101-v{'.'.join(map(str, version))}.bin", 0)
    stand_in = StandIn(tmp_path, WRITTEN, 0)
    installer(tmp_path, stand_in.esptool, agreed).write_bin(esptool.image(path), board.port)
    assert agreed == []


def test_the_drive_that_is_there_gets_the_image_of_a_pico(tmp_path):
    (tmp_path / "RPI-RP2").mkdir()
    (tmp_path / "RPI-RP2" / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    image, agreed = uf2.image(uf2_image(tmp_path / "pico.uf2", 0xE48BFF56)), []
    installer(tmp_path, StandIn(tmp_path, WRITTEN, 0).esptool, agreed).write_uf2(image, "")
    assert "pico.uf2" in agreed[0]
    assert (tmp_path / "RPI-RP2" / "pico.uf2").exists()

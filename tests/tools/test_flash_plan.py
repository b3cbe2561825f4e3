"""What is to be done to a board follows from what it is, and nothing is done to the wrong one."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from fleetctl.context import Context
from fleetctl.errors import Failed, Usage
from fleetctl.flash import choice, found, server, wifi
from fleetctl.flash.bundle import packed
from fleetctl.flash.order import Order, plan
from fleetctl.serialports import SerialPort

BUNDLE = packed([("lib/henge_agent/agent.mpy", b"M" * 3000), ("main.py", b"start()")])
CREDENTIAL = {"username": "porch", "password": "p", "config_key": "00", "ca": "CA"}
HENGE = {
    "server": "mqtts://192.168.1.5:8883",
    "networks": [{"ssid": "home", "password": "secret"}],
    "country": "DE",
    "ntp": "pool.ntp.org",
    "credential": CREDENTIAL,
}
ORDER = Order("porch", "mqtts://192.168.1.5:8883", "CA")
DEVICE = {"id": "porch", "status": "offline", "uid": "a1", "replacing": False}


def board(**changes: Any) -> found.Found:
    """A board that is porch already, but for the changes; `henge` as a dict."""
    said = {
        "system": "esp32",
        "machine": "ESP32 module",
        "version": [1, 25, 0],
        "mpy": 2822,
        "uid": "a1",
        "wifi": True,
        "free": 2_000_000,
        "installed": BUNDLE.digest,
        "begun": [0, ""],
        "main": "start()",
        "henge": HENGE,
        **changes,
    }
    said["henge"] = json.dumps(said["henge"]) if said["henge"] else ""
    return found.read("boot noise\r\nhenge-board:" + json.dumps(said) + "\r\n")


def made(order: Order = ORDER, device: dict[str, Any] | None = DEVICE, **changes: Any):
    return plan(order, board(**changes), BUNDLE, device, "/dev/ttyUSB0")


def test_nothing_is_to_be_done_to_a_board_that_is_right():
    assert not made().changes
    assert made().questions == []


def test_only_the_agent_is_brought_when_there_is_a_newer_one():
    todo = made(installed="other")
    assert (todo.brings_agent, todo.writes_henge, todo.asks_credential) == (True, False, False)


@pytest.mark.parametrize(
    "changes",
    [{"server": "mqtts://10.0.0.1:8883"}, {"ntp": ""}, {"wifi": wifi.Wifi([{"ssid": "x", "password": ""}], "")}],
)
def test_the_credential_of_a_board_is_kept_when_something_else_changes(changes):
    todo = made(dataclasses.replace(ORDER, **changes))
    assert (todo.brings_agent, todo.writes_henge, todo.asks_credential) == (False, True, False)
    assert todo.henge["credential"] == CREDENTIAL


@pytest.mark.parametrize(
    ("order", "henge"),
    [
        (ORDER, {}),
        (ORDER, HENGE | {"credential": CREDENTIAL | {"ca": "another server's"}}),
        (ORDER, HENGE | {"credential": {"username": "porch"}}),
        (dataclasses.replace(ORDER, new_credential=True), HENGE),
    ],
)
def test_the_server_is_asked_for_a_credential_when_the_board_has_none_for_it(order, henge):
    assert made(order, henge=henge).asks_credential


def test_it_asks_first_when_the_board_is_another_device():
    (question,) = made(henge=HENGE | {"credential": CREDENTIAL | {"username": "hall"}}).questions
    assert "is hall" in question


def test_it_asks_first_when_the_board_has_a_program_of_its_own():
    assert "a program of its own" in made(henge={}).questions[0]
    assert made(henge={}, main="").questions == []


def test_it_asks_first_when_another_board_is_the_device():
    todo = made(uid="b2", henge={}, main="")
    assert todo.replaces
    assert "unique id a1" in todo.questions[0]


@pytest.mark.parametrize("pending", [True, False])
def test_the_credential_for_a_replacement_is_kept_only_while_the_server_waits_for_it(pending):
    assert made(device=DEVICE | {"replacing": pending}, uid="b2").asks_credential is not pending


def test_it_asks_first_when_the_device_is_not_registered():
    todo = made(device=None, henge={}, main="")
    assert (todo.registers, "not registered" in todo.questions[0]) == (True, True)


def test_a_bundle_that_came_in_part_goes_on_only_if_it_is_the_same():
    half = packed([]).begins_with(0, "")
    assert not half
    begun = [1000, hashlib.sha256(BUNDLE.data[:1000]).hexdigest()]
    assert made(installed="other", begun=begun).begun == 1000
    assert made(installed="other", begun=[1000, "another"]).begun == 0


def test_it_says_so_when_the_flash_is_too_full():
    assert made(installed="other", free=10_000).lacks_space > 0
    assert made(free=0).lacks_space == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"system": "stm32"}, "runs on an ESP32 and on a Raspberry Pi Pico W"),
        ({"wifi": False}, "has no Wi-Fi"),
        ({"version": [1, 22, 0], "mpy": 2566}, "1.23 or newer"),
        ({"mpy": 7}, "version 7 of .mpy"),
    ],
)
def test_a_board_that_cannot_run_the_agent_is_refused(changes, says):
    with pytest.raises(Failed, match=says):
        found.fit(board(**changes), "")


def test_a_board_of_another_kind_than_was_asked_for_is_refused():
    with pytest.raises(Failed, match="This is no pico"):
        found.fit(board(), "pico")


def test_no_secret_is_in_the_message_when_what_the_board_said_is_broken():
    with pytest.raises(Failed) as failure:
        found.read('henge-board:{"system": "esp32", "henge": "secret')
    assert "secret" not in failure.value.detail


CP210X = SerialPort("/dev/ttyUSB0", "10c4", "ea60")
PICO = SerialPort("/dev/ttyACM0", "2e8a", "0005")
MODEM = SerialPort("/dev/ttyACM1", "1199", "9071")


def test_the_one_port_with_a_board_is_taken():
    assert choice.choose([CP210X, MODEM]) == "/dev/ttyUSB0"
    assert choice.choose([CP210X, PICO], "pico") == "/dev/ttyACM0"


def test_several_ports_are_listed():
    with pytest.raises(Usage, match=r"--port:\n  /dev/ttyUSB0.*\n  /dev/ttyACM0"):
        choice.choose([CP210X, PICO])


def test_it_says_what_to_check_when_there_is_no_board():
    with pytest.raises(Failed, match=r"(?s)/dev/ttyACM1.*charging only.*doctor"):
        choice.choose([MODEM])


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("192.168.1.5", "mqtts://192.168.1.5:8883"),
        ("mqtt://hub.local", "mqtt://hub.local:1883"),
        ("mqtts://[fd00::2]:8884", "mqtts://[fd00::2]:8884"),
    ],
)
def test_an_address_is_told_to_the_board_in_full(text, full):
    assert server.given(text) == full


@pytest.mark.parametrize("text", ["http://hub", "mqtts://", "mqtts://hub:port", "mqtts://a:b@hub"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Usage):
        server.given(text)


def test_the_address_is_the_one_at_which_others_see_the_server():
    assert (
        server.told(Context("home", "https://fleet.example", "t", mqtts="0.0.0.0:8884")) == "mqtts://fleet.example:8884"
    )
    assert server.told(Context("home", "http://hub:8470", "t")) == "mqtts://hub:8883"


def test_an_address_that_only_this_machine_reaches_is_refused():
    with pytest.raises(Usage, match=r"--mqtts 0\.0\.0\.0:8883"):
        server.told(Context("local", "http://127.0.0.1:8470", "t", mqtts="127.0.0.1:8883"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no network"),
        ("[[networks]]\npassword = 'long enough'", "ssid"),
        ("[[networks]]\nssid = 'home'\npassword = 'short'", "8 to 64"),
        ("country = 'Germany'\n[[networks]]\nssid = 'home'", "two capital letters"),
        ("networks", "cannot be read"),
    ],
)
def test_a_wifi_file_that_cannot_be_meant_is_refused(tmp_path, text, says):
    (tmp_path / "wifi.toml").write_text(text)
    with pytest.raises(Failed, match=says):
        wifi.read(tmp_path / "wifi.toml")


@pytest.mark.parametrize(
    ("name", "said"), [(b"attic", "Wifi(networks=[{'ssid': 'attic', 'password': ''}]"), (b"\x1b[A", "cannot be seen")]
)
def test_the_wifi_is_asked_for_when_standard_input_is_a_terminal(name, said):
    keyboard, terminal = os.openpty()
    argv = [sys.executable, "-c", "from fleetctl.flash import wifi; print(wifi.read(wifi.Path('-')))"]
    with subprocess.Popen(argv, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True):
        os.close(terminal)
        os.write(keyboard, name + b"\n")
        seen = b""
        with suppress(OSError):  # what a pty says when nobody is at its other end any more
            while block := os.read(keyboard, 1000):
                seen += block
                if seen.endswith(b"open network): "):
                    os.write(keyboard, b"\n")
    os.close(keyboard)
    assert said in seen.decode()

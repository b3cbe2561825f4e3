"""A new board in the place of a dead one: identity, configuration and history go on, and the old board is shut out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleetctl.context import Context
from fleetsim.virtual import Air, VirtualBoard

from tests.tools.flashing import firmware

WIFI = '[[networks]]\nssid = "home"\npassword = "open sesame"\n'


@pytest.fixture
def boards(micropython: Path, tmp_path: Path) -> Iterator[list[VirtualBoard]]:
    """The one that will die, and the new one."""
    air = Air()
    air.add("home", "open sesame")
    with VirtualBoard(tmp_path / "old", "esp32", air) as old, VirtualBoard(tmp_path / "new", "pico", air) as new:
        old.power_on()
        new.power_on()
        yield [old, new]


@pytest.fixture
def options(server: Context, home: Path) -> list[str]:
    (home / "wifi.toml").write_text(WIFI)
    own = firmware.write(home / "own")
    return ["--server", f"mqtts://{server.mqtts}", "--wifi", str(home / "wifi.toml"), "--firmware", str(own), "--yes"]


def test_a_new_board_goes_on_as_the_dead_one(fleetctl, boards, options):
    old, new = boards
    assert fleetctl("flash", "attic", "--port", old.port, *options).code == 0
    old.power_off()
    result = fleetctl("device", "replace", "attic", "--port", new.port, *options)
    assert (result.code, "attic is online, running revision" in result.out) == (0, True), result.err
    device = fleetctl("device", "show", "attic", "-o", "json").json
    assert (device["uid"], device["replacing"]) == (new.uid.hex(), False)
    assert "board replaced" in fleetctl("config", "history", "attic").out


@pytest.mark.slow
def test_nothing_is_replaced_when_the_board_is_the_device_already(fleetctl, boards, options):
    fleetctl("flash", "cellar", "--port", boards[0].port, *options)
    result = fleetctl("device", "replace", "cellar", "--port", boards[0].port, *options)
    assert (result.code, "is cellar already" in result.err) == (1, True), result.err


def test_it_fails_when_no_such_device_is_registered(fleetctl, boards, options):
    result = fleetctl("device", "replace", "nobody", "--port", boards[0].port, *options)
    assert result.code == 1
    assert "nobody" in result.err


def test_a_credential_for_another_kind_of_board_is_written(fleetctl, lamp, home):
    result = fleetctl("device", "replace", lamp, "--out", str(home / "new.json"), "--yes")
    assert result.code == 0, result.err
    assert json.loads((home / "new.json").read_text())["credential"]["username"] == lamp
    assert fleetctl("device", "show", lamp, "-o", "json").json["replacing"]


def test_nothing_is_made_when_nobody_agrees(fleetctl, lamp, home):
    result = fleetctl("device", "replace", lamp, "--out", str(home / "new.json"))
    assert (result.code, (home / "new.json").exists()) == (2, False)

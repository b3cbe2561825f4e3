"""Config: values are read as their types, stored whole or not at all, and every revision can be looked at."""

import io
import os
import subprocess
import sys

import pytest

from tests.tools.program import PATIENCE_S


def test_each_value_has_its_unit_and_origin_when_it_is_shown(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=80")
    rows = [line.split() for line in fleetctl("config", "get", lamp).out.splitlines()]
    assert ["led.brightness", "80", "%", "device"] in rows
    assert ["sensor.period", "30", "s", "default"] in rows


def test_values_are_read_as_their_types_when_they_are_set(fleetctl, lamp):
    result = fleetctl("config", "set", lamp, "led.on=off", "sensor.period=5m", "led.color=00FF66", "led.mode=blink")
    assert (result.code, "stored as revision 2" in result.out) == (0, True)
    values = fleetctl("config", "get", lamp, "-o", "json").json["desired"]["values"]
    assert values["led.on"] is False
    assert (values["sensor.period"], values["led.color"], values["led.mode"]) == (300, "#00ff66", "blink")


def test_nothing_is_stored_when_one_value_is_refused(fleetctl, lamp):
    result = fleetctl("config", "set", lamp, "led.brightness=900", "led.on=maybe", "led.mode=blink")
    assert result.code == 1
    assert "led.brightness: 900 is above the maximum of 100 %\n" in result.err
    assert "led.on: expected true or false, not 'maybe'\n" in result.err
    assert fleetctl("config", "get", lamp, "led.mode").out == "steady\n"


def test_the_key_that_was_meant_is_named_when_there_is_no_such(fleetctl, lamp):
    assert "Is led.color meant?" in fleetctl("config", "set", lamp, "led.colour=#ffffff").err
    assert "Is led.color meant?" in fleetctl("config", "get", lamp, "led.colour").err


def test_only_the_value_is_said_when_a_key_is_given(fleetctl, lamp):
    assert fleetctl("config", "get", lamp, "led.on").out == "true\n"
    assert fleetctl("config", "get", lamp, "led.on", "-o", "json").json is True


def test_no_revision_is_made_when_nothing_changes(fleetctl, lamp):
    assert "nothing to change" in fleetctl("config", "unset", lamp, "led.on").out


def test_it_is_inherited_again_when_a_value_is_unset(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=80")
    assert fleetctl("config", "unset", lamp, "led.brightness").code == 0
    assert fleetctl("config", "get", lamp, "led.brightness").out == "60\n"


def test_it_is_refused_when_another_revision_was_meant(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=80")
    assert fleetctl("config", "set", lamp, "led.brightness=81", "--if-rev", "1").code == 1
    assert fleetctl("config", "set", lamp, "led.brightness=82", "--if-rev", "2").code == 0


def test_a_secret_stays_off_the_command_line_when_it_is_read(fleetctl, tmp_path, monkeypatch):
    (tmp_path / "door.yaml").write_text("name: door\nsettings:\n  door.code: {type: string, secret: true}\n")
    fleetctl("schema", "apply", str(tmp_path / "door.yaml"))
    fleetctl("device", "add", "door", "--schema", "door")
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n"))
    assert fleetctl("config", "set", "door", "door.code=12345").code == 2
    assert fleetctl("config", "set", "door", "door.code=-").code == 0
    for shown in (("get", "door", "-o", "json"), ("history", "door"), ("diff", "door", "2")):
        assert "12345" not in fleetctl("config", *shown).out
    assert fleetctl("config", "get", "door", "door.code").out == "***\n"


def test_a_value_is_not_shown_when_it_is_typed_at_a_terminal(fleetctl, lamp):
    keyboard, terminal = os.openpty()
    argv = [sys.executable, "-m", "fleetctl", "config", "set", lamp, "led.mode=-"]
    with subprocess.Popen(
        argv, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, text=True, start_new_session=True
    ) as typing:
        assert b"led.mode (is not shown): " in os.read(keyboard, 1000)
        os.write(keyboard, b"blink\n")
        assert typing.wait(PATIENCE_S) == 0
    os.close(terminal)
    assert b"blink" not in os.read(keyboard, 1000)
    os.close(keyboard)
    assert fleetctl("config", "get", lamp, "led.mode").out == "blink\n"


def test_revisions_are_listed_newest_first_when_history_is_asked_for(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=1")
    fleetctl("config", "set", lamp, "led.brightness=2")
    assert fleetctl("config", "history", lamp, "-o", "name").out.split() == ["3", "2", "1"]
    assert fleetctl("config", "history", lamp, "--limit", "1", "-o", "name").out.split() == ["3"]


def test_the_change_is_shown_when_revisions_differ(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=1")
    fleetctl("config", "set", lamp, "led.mode=blink")
    assert [*fleetctl("config", "diff", lamp, "3", "-o", "json").json["changes"]] == [
        {"key": "led.mode", "from": "steady", "to": "blink"}
    ]
    result = fleetctl("config", "diff", lamp, "3", "1")
    assert (result.code, result.out.count("led.")) == (6, 2)
    assert fleetctl("config", "diff", lamp, "3", "3").code == 0


def test_it_differs_when_the_board_never_reported(fleetctl, lamp):
    result = fleetctl("config", "diff", lamp)
    assert (result.code, "not reported yet" in result.err) == (6, True)


def test_it_is_usage_when_there_is_nothing_before_a_revision(fleetctl, lamp):
    assert fleetctl("config", "diff", lamp, "1").code == 2


def test_the_old_values_hold_when_it_is_rolled_back(fleetctl, lamp):
    fleetctl("config", "set", lamp, "led.brightness=1")
    assert fleetctl("config", "rollback", lamp, "1").code == 2
    assert fleetctl("config", "rollback", lamp, "1", "--yes").code == 0
    assert fleetctl("config", "get", lamp, "led.brightness").out == "60\n"
    assert fleetctl("config", "history", lamp, "-o", "name").out.split() == ["3", "2", "1"]


@pytest.mark.parametrize("wait", ["soon", "99s", "-1"])
def test_it_is_usage_when_a_time_is_none(fleetctl, lamp, wait):
    assert fleetctl("config", "set", lamp, "led.on=true", "--wait", wait).code == 2

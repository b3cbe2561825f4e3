"""Schemas: brought to the server, shown, and given back as a file."""

from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts

from tests.tools.stub import Stub

TEXT = """\
name: {name}
settings:
  fan.speed: {{type: int, min: 0, max: {top}, default: 3, unit: rpm, title: Speed}}
  fan.after: {{type: duration, default: 60}}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_it(name: str, top: int = 9) -> str:
        path = tmp_path / f"{name}.yaml"
        path.write_text(TEXT.format(name=name, top=top))
        return str(path)

    return write_it


def test_a_version_is_made_when_the_settings_changed(fleetctl, write):
    assert fleetctl("schema", "apply", write("fan")).out == "fan has version 1 now; no device is under it.\n"
    assert fleetctl("schema", "apply", write("fan")).out == "fan is at version 1 already.\n"
    fleetctl("device", "add", "loft", "--schema", "fan")
    assert fleetctl("schema", "apply", write("fan", 10)).out == "fan has version 2 now; it took 1 device along.\n"
    assert fleetctl("schema", "show", "fan", "--version", "1", "-o", "json").json["settings"]["fan.speed"]["max"] == 9


def test_nothing_is_said_of_devices_when_the_server_does_not_count_them(alone, write):
    with Stub((201, "application/json", '{"name": "fan", "version": 3}')) as stub:
        Contexts().put(Context("home", stub.url, "t"), current_if_none=True)
        assert alone("schema", "apply", write("fan")).out == "fan has version 3 now.\n"


def test_it_is_shown_with_limits_and_units_when_asked_for(fleetctl, write):
    fleetctl("schema", "apply", write("vent"))
    rows = [line.split() for line in fleetctl("schema", "show", "vent").out.splitlines()]
    assert ["fan.after", "duration", "60", "s"] in rows
    assert ["fan.speed", "int", "3", "0", "to", "9", "rpm", "Speed"] in rows


def test_it_can_be_applied_again_when_it_is_shown_as_yaml(fleetctl, write, tmp_path: Path):
    fleetctl("schema", "apply", write("hood"))
    (tmp_path / "shown.yaml").write_text(fleetctl("schema", "show", "hood", "-o", "yaml").out)
    assert fleetctl("schema", "apply", str(tmp_path / "shown.yaml")).out == "hood is at version 1 already.\n"


def test_the_devices_are_named_when_a_change_would_break_them(fleetctl, write):
    fleetctl("schema", "apply", write("pump"))
    fleetctl("device", "add", "well", "--schema", "pump")
    fleetctl("config", "set", "well", "fan.speed=9")
    result = fleetctl("schema", "apply", write("pump", 5))
    assert result.code == 1
    assert "well/fan.speed: 9 is above the maximum of 5 rpm" in result.err
    assert result.err.endswith("These commands unset them:\n  fleetctl config unset well fan.speed\n")


def test_it_says_what_there_is_when_a_name_is_wrong(fleetctl):
    result = fleetctl("schema", "show", "nosuch")
    assert (result.code, "schema list" in result.err) == (1, True)
    assert "lamp" in fleetctl("schema", "list", "-o", "name").out.split()

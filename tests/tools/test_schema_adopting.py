"""What a board announces becomes a schema, without anyone writing one; what it does not support is named."""

from pathlib import Path

import pytest

MORE = "name: {}\nsettings:\n  led.on: {{type: bool, default: true}}\n  motor.speed: {{type: int, default: 5}}\n"


@pytest.fixture
def more(fleetctl, tmp_path: Path) -> str:
    """The name of a schema with a setting that no board of ours has."""
    (tmp_path / "more.yaml").write_text(MORE.format("more"))
    fleetctl("schema", "apply", str(tmp_path / "more.yaml"))
    return "more"


def test_what_the_board_announces_is_shown_before_and_its_settings_can_be_set_after(fleetctl, start_board, more):
    start_board("announced", more).until(state="applied")
    shown = fleetctl("schema", "show", "--of", "announced")
    assert (shown.code, "led.brightness" in shown.out) == (0, True)
    result = fleetctl("schema", "adopt", "announced", "--name", "gate-board")
    assert result.code == 0
    assert "announced is under gate-board 1 now, which was made of what it announces" in result.out
    assert fleetctl("config", "set", "announced", "led.brightness=9", "--wait", "30s").code == 0
    assert "says what it announces already" in fleetctl("schema", "adopt", "announced", "--name", "gate-board").out


def test_what_the_firmware_does_not_support_is_named_when_the_config_is_shown(fleetctl, start_board, more):
    start_board("unsupported", more).until(state="applied")
    shown = fleetctl("config", "get", "unsupported").out
    assert shown.endswith("  motor.speed: the firmware does not know this setting\n")
    refused = fleetctl("config", "get", "unsupported", "motor.speed")
    assert (refused.code, "It is not sent" in refused.err) == (1, True)


def test_the_choices_are_named_when_the_schema_would_lose_by_it(fleetctl, start_board, more):
    start_board("losing", more).until(state="applied")
    result = fleetctl("schema", "adopt", "losing", "--name", more)
    assert result.code == 1
    assert [part in result.err for part in ("motor.speed", "--name NAME", "--schema more")] == [True] * 3


def test_it_is_said_when_a_board_has_announced_nothing(fleetctl, lamp):
    result = fleetctl("schema", "adopt", lamp)
    assert (result.code, "has announced nothing" in result.err) == (1, True)


@pytest.mark.parametrize("args", [(), ("lamp", "--of", "announced"), ("--of", "announced", "--version", "2")])
def test_it_is_usage_when_it_is_not_clear_what_to_show(fleetctl, args):
    assert fleetctl("schema", "show", *args).code == 2

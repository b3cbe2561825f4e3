"""Schema files are read strictly: what YAML would take in silence is said."""

from pathlib import Path

import pytest

GOOD = "name: lamp\nsettings:\n  led.on: {type: bool, default: true}\n"


@pytest.fixture
def check(alone, tmp_path: Path):
    def check_text(text: str):
        path = tmp_path / "schema.yaml"
        path.write_text(text)
        return alone("schema", "check", str(path))

    return check_text


def test_it_is_well_when_it_declares_settings(check):
    assert check(GOOD).out.endswith("schema.yaml: lamp declares 1 setting, all well.\n")
    assert check(GOOD.replace("lamp", "my-lamp.v2")).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settings: {}", "has no name"),
        ("name: lamp\n", "expected a map from keys to declarations"),
        ("- 1\n", "should hold a map"),
        (GOOD.replace("lamp", "My Lamp"), "'My Lamp' is not a schema name"),
        (GOOD + "owner: me\n", "has owner at its top"),
        (GOOD + "  led.on: {type: int}\n", "line 4, column 3: led.on stands here a second time"),
        ("name: lamp\nsettings:\n  a: {type: color, default: #ff8800}\n", "line 3: what begins with # is a comment"),
        ("name: lamp\nsettings: {a: {type: enum, choices: [on, off, no]}}", "put quotes round them"),
        (
            "name: lamp\nsettings: {a: {tpye: bool, defualt: true}}",
            "a: 'tpye' is not an attribute of a setting; is type",
        ),
        ("name: lamp\nsettings: {a: {type: duration, default: 30s}}", "seconds like 30, not '30s'"),
        ("name: lamp\nsettings:\n  led.color:\n    type: color\n    default: #ff8800\n", "put quotes round"),
        ("name: lamp\nsettings: {led.on: {type: boolean}}", "led.on: type 'boolean' is not one of"),
        ("name: [\n", "line 2"),
        ("name: lamp\nsettings: !!python/object:os.system {}", "line 2"),
    ],
)
def test_it_is_refused_with_the_place_when_something_is_wrong(check, text, said):
    result = check(text)
    assert (result.code, said in result.err) == (1, True), result.err


def test_every_problem_is_named_when_there_are_several(check):
    result = check("name: lamp\nsettings: {a: {type: int, min: x}, b: {type: enum}}")
    assert "a: min is" in result.err
    assert "b: an enum needs choices" in result.err


def test_it_says_what_is_missing_when_there_is_no_file(alone):
    result = alone("schema", "check", "nowhere.yaml")
    assert (result.code, "No such file" in result.err) == (1, True)

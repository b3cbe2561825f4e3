"""docs/drivers.md against the code: its example is the file that the portable tests run, its table is what the drivers
declare.
"""

import re
from pathlib import Path

import pytest
from henge_agent.drivers import server, wifi
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_protocol import schema
from henge_protocol.schema import Setting

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "drivers.md").read_text()
EXAMPLE = ROOT / "tests" / "portable" / "drivers.py"

_DECLARED = [WiredLed(), WiredThermometer(chip=lambda: 20.0)]
SETTINGS = {
    key: setting
    for declarations in (*(driver.SETTINGS for driver in _DECLARED), wifi.Wifi.SETTINGS, server.Server.SETTINGS)
    for key, setting in schema.parse(declarations).items()
}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by what stands in their first code span."""
    (table,) = re.findall(rf"^{heading}\n.*?^\|[-|]+\|\n((?:\|[^\n]*\|\n)+)", PAGE, re.MULTILINE | re.DOTALL)
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {cells[0].split("`")[1]: cells[1:] for cells in found}


def values(setting: Setting) -> str:
    """What a setting may be, as the page says it."""
    match setting.type:
        case "bool":
            return "true, false"
        case "color":
            return "a colour"
        case "enum":
            return ", ".join(setting.choices or ())
        case "string":
            return f"a {'secret' if setting.secret else 'text'}, up to {setting.max_length} bytes"
    text = f"{setting.min:g} to {setting.max:g}"
    return f"{text} {setting.unit}" if setting.unit else text


def default(setting: Setting) -> str:
    """As the page says it."""
    if isinstance(setting.default, bool):
        return str(setting.default).lower()
    return f"{setting.default:g}" if isinstance(setting.default, float) else str(setting.default)


def test_the_table_has_every_setting_of_every_driver_and_no_other():
    assert sorted(rows("## The drivers that come with the agent")) == sorted(SETTINGS)


@pytest.mark.parametrize("key", SETTINGS)
def test_the_table_says_what_is_declared(key: str):
    setting = SETTINGS[key]
    cells = rows("## The drivers that come with the agent")[key]
    assert cells[:3] == [values(setting), default(setting), "yes" if setting.risky else "no"]
    assert cells[3]


@pytest.mark.parametrize(("heading", "key"), [("### Lights", "led.kind"), ("### Sensors", "sensor.kind")])
def test_every_kind_is_described(heading: str, key: str):
    assert list(rows(heading)) == SETTINGS[key].choices


def test_the_example_is_the_file_that_is_tested():
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert example == EXAMPLE.read_text()
    assert len(example.splitlines()) <= 50

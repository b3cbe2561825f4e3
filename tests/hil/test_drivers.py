"""What is wired to a board: it is set from afar, what cannot be is refused, and a driver of one's own is one file."""

from pathlib import Path

import pytest
from henge_agent.drivers.thermometer import WiredThermometer

from tests.hil.boards import Board, Virtual, until
from tests.hil.conftest import SETTINGS, WIRING, Flash
from tests.hil.server import Device

OWN = Path(__file__).parents[1] / "portable" / "drivers.py"  # the example of docs/drivers.md
PROBE = "28aa000000000011"
SENSOR = {
    **WiredThermometer.SETTINGS,
    "sensor.kind": {"type": "enum", "choices": ["none", "chip", "ds18b20", "dht22"], "default": "ds18b20"},
    "sensor.pin": {"type": "string", "max_length": 16, "default": "5"},
}
FULL, WHITE, DARK = (0, 255, 0), (255, 255, 255), (0, 0, 0)


@pytest.fixture
def virtual(board: Board) -> Virtual:
    """What hangs on its pins can be seen and changed."""
    assert isinstance(board, Virtual), "a test that uses this needs `light`"
    return board


@pytest.fixture
def strip(flash: Flash) -> Device:
    """A board with a WS2812 on pin 4 that shines green."""
    found = flash(SETTINGS | WIRING)
    assert found.set(led__color="#00ff00", led__brightness=100)["state"] == "applied"
    return found


@pytest.mark.needs("light")
def test_a_pin_that_a_board_has_not_is_refused_and_the_light_is_as_before(strip: Device, virtual: Virtual) -> None:
    assert strip.set(led__pin="99", led__color="#0000ff")["state"] == "rejected"
    code, text = strip.config["reported"]["errors"]["led.pin"]
    assert code == "driver_failed"
    assert "ws2812 on pin '99'" in text
    assert virtual.board.around.strips == {"4": [FULL]}


@pytest.mark.needs("light")
def test_another_pin_is_tried_out_and_kept(strip: Device, virtual: Virtual) -> None:
    assert strip.set(led__pin="5")["state"] == "confirmed"
    assert virtual.board.around.strips == {"4": [DARK], "5": [FULL]}


@pytest.mark.slow
@pytest.mark.needs("light")
def test_a_board_shows_which_one_it_is_and_goes_on_as_before(strip: Device, virtual: Virtual) -> None:
    strip.ask("identify")
    until("it flashes white", lambda: virtual.board.around.strips["4"] == [WHITE])
    until("it is dark in between", lambda: virtual.board.around.strips["4"] == [DARK])
    until("it is green again", lambda: virtual.board.around.strips["4"] == [FULL])


@pytest.mark.slow
@pytest.mark.needs("light")
def test_a_probe_is_read_when_it_is_plugged_in(flash: Flash, virtual: Virtual) -> None:
    device = flash(SETTINGS | SENSOR)
    assert "no probe on pin 5" in str(device.ask("read"))
    virtual.board.around.probes["5"] = {PROBE: 21.5}
    assert device.ask("read")["result"] == {"temperature": 21.5}


@pytest.mark.needs("light")
def test_a_driver_that_is_put_beside_the_agent_is_adopted_and_set(device: Device, virtual: Virtual) -> None:
    before = device.connection
    virtual.relay.off()
    virtual.board.put({"drivers.py": OWN.read_bytes()})
    virtual.relay.on()
    device.wait_anew(before)
    until("it has announced the relay", lambda: "relay.on" in device.announced)
    device.adopt()
    device.wait_in_step()
    assert device.set(relay__on=True)["state"] == "applied"
    assert virtual.pins()["15"] == 1

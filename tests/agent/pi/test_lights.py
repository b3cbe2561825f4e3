"""Lights on a Raspberry Pi's pins: gpiozero as it is, on its own simulated pins."""

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from henge_agent.pi.lights import PiLed, make_light

WIRING = {"led.kind": "none", "led.pin": "", "led.inverted": False}
SHOWN = {"led.on": True, "led.color": "#ff8000", "led.brightness": 100, "led.mode": "steady"}


class Pins:
    """The machine's pins, and a driver on them."""

    def __init__(self) -> None:
        self.factory = MockFactory(pin_class=MockPWMPin)
        self.led = PiLed(lambda *wiring: make_light(*wiring, factory=self.factory))

    def wire(self, kind: str, pin: str, **more: object) -> None:
        self.led.apply(WIRING | SHOWN | {"led.kind": kind, "led.pin": pin} | more)

    def level(self, pin: int) -> float:
        """How much of the time a pin is at high level."""
        return round(float(self.factory.pin(f"GPIO{pin}").state), 3)

    def is_free(self, pin: str) -> bool:
        make_light("plain", pin, 1, False, self.factory).close()
        return True


@pytest.fixture
def pins() -> Iterator[Pins]:
    found = Pins()
    yield found
    found.factory.reset()


def test_a_plain_light_is_on_for_every_colour_but_black(pins: Pins) -> None:
    pins.wire("plain", "17", **{"led.color": "#000001"})
    assert pins.level(17) == 1
    pins.wire("plain", "17", **{"led.on": False})
    assert pins.level(17) == 0


def test_a_dimmed_light_is_as_bright_as_its_strongest_colour(pins: Pins) -> None:
    pins.wire("pwm", "GPIO18", **{"led.color": "#800000"})
    assert pins.level(18) == 0.252  # the square of 128/255


def test_a_light_of_three_pins_has_a_colour(pins: Pins) -> None:
    pins.wire("rgb", "17, 27, 22")
    assert [pins.level(pin) for pin in (17, 27, 22)] == [1, 0.252, 0]


def test_an_inverted_light_is_dark_at_high_level(pins: Pins) -> None:
    pins.wire("pwm", "17", **{"led.inverted": True, "led.on": False})
    assert pins.level(17) == 1


def test_a_pin_is_free_again_when_another_one_is_named(pins: Pins) -> None:
    pins.wire("plain", "17")
    pins.wire("plain", "BOARD13")
    assert (pins.is_free("17"), pins.level(27)) == (True, 1)


@pytest.mark.parametrize(
    ("kind", "pin", "words"),
    [
        ("plain", "99", "99 is not a valid pin"),
        ("plain", "", "no pin is set"),
        ("rgb", "17,27", "three pins are needed"),
        ("rgb", "17,17,22", "already in use"),
    ],
)
def test_a_pin_that_cannot_be_had_is_said(pins: Pins, kind: str, pin: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pins.wire(kind, pin)
    pins.wire("plain", "17")
    assert pins.level(17) == 1


def test_only_what_a_pi_can_do_is_offered() -> None:
    assert PiLed().SETTINGS["led.kind"]["choices"] == ["none", "plain", "pwm", "rgb"]
    assert "led.count" not in PiLed().SETTINGS

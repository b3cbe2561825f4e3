"""A virtual board's modules do what MicroPython's documentation says of a real one's, and show it to the outside."""

from collections.abc import Callable

import pytest
from fleetsim.virtual import VirtualBoard

Run = Callable[..., str]


def test_a_pin_that_is_driven_is_seen_outside(board: VirtualBoard, mpremote: Run) -> None:
    mpremote("exec", "from machine import Pin; led = Pin(2, Pin.OUT); led.on()")
    board.wait_for("the pin", lambda: board.around.pins == {"2": 1})
    mpremote("resume", "exec", "led.toggle()")
    board.wait_for("the pin", lambda: board.around.pins == {"2": 0})


def test_an_input_reads_what_is_put_on_it_else_its_pull(board: VirtualBoard, mpremote: Run) -> None:
    read = "from machine import Pin; print(Pin(4, Pin.IN, Pin.PULL_UP).value(), Pin(5, Pin.IN).value())"
    assert mpremote("exec", read) == "1 0\n"
    board.around.inputs.update({"4": 0, "5": 1})
    assert mpremote("exec", read) == "0 1\n"


def test_a_pin_that_the_board_has_not_is_refused(mpremote: Run) -> None:
    assert "ValueError" in mpremote("exec", "import machine; machine.Pin(77, machine.Pin.OUT)", code=1)


def test_brightness_and_a_strip_are_seen_outside(board: VirtualBoard, mpremote: Run) -> None:
    mpremote("exec", "from machine import Pin, PWM; light = PWM(Pin(15), freq=1000, duty_u16=16384)")
    board.wait_for("the share", lambda: board.around.duties == {"15": 16384})
    strip = "import machine, neopixel; s = neopixel.NeoPixel(machine.Pin(4), 2)"
    mpremote("exec", strip + "; s.fill((0, 9, 0)); s[1] = (1, 2, 3); s.write()")
    board.wait_for("the strip", lambda: board.around.strips == {"4": [(0, 9, 0), (1, 2, 3)]})


def test_a_hung_program_is_ended_by_the_watchdog_which_says_so(board: VirtualBoard, mpremote: Run) -> None:
    mpremote("resume", "exec", "--no-follow", "import machine; machine.WDT(timeout=300)\nwhile True: pass")
    board.wait_for("the watchdog", lambda: board.heard.count('Type "help()"') >= 2)
    assert mpremote("resume", "exec", "import machine; print(machine.reset_cause() == machine.WDT_RESET)") == "True\n"


@pytest.mark.parametrize("board", ["esp32"], indirect=True)
def test_the_memory_of_the_clock_outlives_a_reset_but_not_the_power(board: VirtualBoard, mpremote: Run) -> None:
    mpremote("exec", "import machine; machine.RTC().memory(b'three')")
    mpremote("reset")
    assert mpremote("exec", "import machine; print(machine.RTC().memory(), machine.reset_cause())") == "b'three' 5\n"
    board.power_off()
    board.power_on()
    assert (
        mpremote("resume", "exec", "import machine; print(machine.RTC().memory(), machine.reset_cause())") == "b'' 1\n"
    )


@pytest.mark.parametrize("board", ["pico"], indirect=True)
def test_the_watchdogs_registers_outlive_a_reset_and_tell_one_from_the_other(
    board: VirtualBoard, mpremote: Run
) -> None:
    mpremote("exec", "import machine; machine.mem32[0x40058028] = 0x68656e03")
    mpremote("reset")
    read = "import machine; print(hex(machine.mem32[0x40058028]), machine.mem32[0x4005801c], machine.reset_cause())"
    assert mpremote("resume", "exec", read) == "0x68656e03 0 3\n"
    board.power_off()
    board.power_on()
    assert mpremote("exec", read) == "0x0 0 1\n"


def test_sensors_measure_what_is_around_them(board: VirtualBoard, mpremote: Run) -> None:
    board.around.probes["4"] = {"28ff641e8216c3a1": -7.25}
    board.around.weather["5"] = (21.5, 40.0)
    said = mpremote(
        "exec",
        "import dht, ds18x20, onewire; from machine import Pin\n"
        "d = ds18x20.DS18X20(onewire.OneWire(Pin(4))); d.convert_temp(); print([d.read_temp(r) for r in d.scan()])\n"
        "h = dht.DHT22(Pin(5)); h.measure(); print(h.temperature(), h.humidity())",
    )
    assert said == "[-7.25]\n21.5 40.0\n"

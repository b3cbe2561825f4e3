"""A board on a bench, for tests of drivers: the virtual board's modules machine, neopixel, onewire, ds18x20 and dht,
whose surroundings are played here. For both runtimes.
"""

import sys

sys.path.append("../../tools/fleetsim/virtual/onboard")


class Module:
    """A module that is made of names."""

    def __init__(self, **names) -> None:
        for name in names:
            setattr(self, name, names[name])


sys.modules["wire"] = Module()  # type: ignore[assignment]  # each Bench takes its place

import sim_pins  # noqa: E402
import sim_sensors  # noqa: E402


class Bench:
    """What is driven, by the pin's number as a text, and what is plugged in. `kind` is esp32 or pico."""

    def __init__(self, kind: str) -> None:
        self.levels: dict = {}
        self.duties: dict = {}
        self.strips: dict = {}
        self.probes: dict = {}  # pin -> {code: degrees, or what is wrong}
        self.air: dict = {}  # pin -> (degrees, percent), or what is wrong
        self.measured = 0  # how often a DHT22 was asked
        sim_pins.Pin.kind = kind
        sim_pins.wire = sim_sensors.wire = self  # type: ignore[assignment]
        sys.modules.update(
            {
                "machine": Module(Pin=sim_pins.Pin, PWM=sim_pins.PWM),
                "neopixel": Module(NeoPixel=sim_pins.NeoPixel),
                "onewire": Module(OneWire=sim_sensors.OneWire, OneWireError=sim_sensors.OneWireError),
                "ds18x20": Module(DS18X20=sim_sensors.DS18X20),
                "dht": Module(DHT22=sim_sensors.DHT22),
            }  # type: ignore[arg-type]
        )

    def tell(self, **event) -> None:
        """The board did something."""
        if "pin" in event:
            self.duties.pop(event["pin"], None)
            self.levels[event["pin"]] = event["value"]
        elif "pwm" in event:
            self.levels.pop(event["pwm"], None)
            self.duties.pop(event["pwm"], None)
            if event["duty"] is not None:
                self.duties[event["pwm"]] = event["duty"]
        else:
            self.strips[event["strip"]] = event["colors"]

    def ask(self, ask: str, pin: str, **question) -> object:
        """The board measures something."""
        if ask == "probes":
            return self.probes.get(pin, {})
        self.measured += 1
        return self.air.get(pin)

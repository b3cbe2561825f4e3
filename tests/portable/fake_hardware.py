"""A board's pins and what is wired to them, as the modules machine, neopixel, onewire, ds18x20 and dht. For both
runtimes.

They refuse what MicroPython's refuse, and with the same exceptions. `Bench()` puts them in place; what is driven and
what is plugged in stands in it.
"""

import sys

_INPUT_ONLY = 34  # from this number on, as on an ESP32
_COUNT = 40


class Bench:
    """One board's hardware. `levels` and `duties` are what each pin is driven with, `strips` the bytes of each strip."""

    def __init__(self) -> None:
        self.levels: dict = {}
        self.duties: dict = {}
        self.strips: dict = {}
        self.probes: dict = {}  # pin -> {ROM code: Probe}
        self.air: dict = {}  # pin -> Air
        modules = {"machine": Machine(self), "neopixel": Neopixel(self), "onewire": Onewire(self)}
        modules.update({"ds18x20": Ds18x20(), "dht": Dht(self)})
        for name in modules:
            sys.modules[name] = modules[name]

    def plug_probe(self, pin, code: str, celsius: float) -> "Probe":
        """A DS18B20 on a wire with others."""
        probe = Probe(celsius)
        self.probes.setdefault(pin, {})[bytes(int(code[at : at + 2], 16) for at in range(0, 16, 2))] = probe
        return probe

    def plug_air(self, pin, celsius: float, humidity: float) -> "Air":
        """A DHT22."""
        self.air[pin] = Air(celsius, humidity)
        return self.air[pin]


class Probe:
    """A DS18B20. It shows 85 degrees until it has converted; `garbled` readings come with a wrong check sum."""

    def __init__(self, celsius: float) -> None:
        self.celsius = celsius
        self.shown = 85.0
        self.converts = True
        self.garbled = 0


class Air:
    """Round a DHT22, which fails the next `garbled` times; `gone`: it is unplugged."""

    def __init__(self, celsius: float, humidity: float) -> None:
        self.celsius = celsius
        self.humidity = humidity
        self.garbled = 0
        self.gone = False
        self.measured = 0


class Machine:
    """The module `machine`."""

    def __init__(self, bench: Bench) -> None:
        class Pin:
            OUT, IN, OPEN_DRAIN, PULL_UP = 1, 0, 2, 3

            def __init__(self, id, mode=None, pull=None, *, value=None) -> None:
                if not (id in ("LED",) or (isinstance(id, int) and 0 <= id < _COUNT)):
                    raise ValueError("invalid pin")
                self.id = id
                self.init(mode, pull, value=value)

            def init(self, mode=None, pull=None, *, value=None) -> None:
                if mode in (self.OUT, self.OPEN_DRAIN) and isinstance(self.id, int) and self.id >= _INPUT_ONLY:
                    raise ValueError("pin can only be input")
                if value is not None:
                    self.value(value)

            def value(self, level) -> None:
                bench.duties.pop(self.id, None)
                bench.levels[self.id] = int(bool(level))

        class PWM:
            def __init__(self, pin, *, freq, duty_u16) -> None:
                if pin.id == "LED":
                    raise ValueError("expecting a regular GPIO Pin")
                self._id = pin.id
                self.duty_u16(duty_u16)

            def duty_u16(self, duty) -> None:
                assert isinstance(duty, int) and 0 <= duty <= 65535
                bench.levels.pop(self._id, None)
                bench.duties[self._id] = duty

            def deinit(self) -> None:
                bench.duties.pop(self._id, None)

        self.Pin, self.PWM = Pin, PWM


class Neopixel:
    """The module `neopixel`."""

    def __init__(self, bench: Bench) -> None:
        class NeoPixel:
            def __init__(self, pin, n) -> None:
                pin.init(pin.OUT)
                self._id, self._count, self._color = pin.id, n, (0, 0, 0)

            def fill(self, color) -> None:
                self._color = color

            def write(self) -> None:
                if self._id == "LED":
                    raise ValueError("expecting a regular GPIO Pin")
                bench.strips[self._id] = [self._color] * self._count

        self.NeoPixel = NeoPixel


class Onewire:
    """The module `onewire`."""

    def __init__(self, bench: Bench) -> None:
        class OneWire:
            def __init__(self, pin) -> None:
                pin.init(pin.OPEN_DRAIN, pin.PULL_UP)
                self._id = pin.id

            def probes(self) -> dict:
                return bench.probes.get(self._id, {})

        self.OneWire = OneWire


class OneWireError(Exception):
    """Nothing on the wire answers."""


class Ds18x20:
    """The module `ds18x20`. Its CRC error is a bare Exception, as MicroPython's is."""

    def __init__(self) -> None:
        class DS18X20:
            def __init__(self, wire) -> None:
                self._wire = wire
                self.buf = bytearray(9)

            def scan(self) -> list:
                return [bytearray(code) for code in sorted(self._wire.probes())]

            def convert_temp(self) -> None:
                if not self._wire.probes():
                    raise OneWireError()
                for probe in self._wire.probes().values():
                    probe.shown = probe.celsius if probe.converts else 85.0

            def read_temp(self, code) -> float:
                probe = self._wire.probes().get(bytes(code))
                if not self._wire.probes():
                    raise OneWireError()
                if probe is None or probe.garbled:
                    if probe:
                        probe.garbled -= 1
                    raise Exception("CRC error")
                if probe.shown is None:  # the data line at low level
                    self.buf[:] = bytes(9)
                    return 0.0
                self.buf[:] = b"\x00\x00\x4b\x46\x7f\xff\x0c\x10\x00"
                return probe.shown

        self.DS18X20 = DS18X20


class Dht:
    """The module `dht`. Its checksum error is a bare Exception, as MicroPython's is."""

    def __init__(self, bench: Bench) -> None:
        class DHT22:
            def __init__(self, pin) -> None:
                self._id = pin.id
                self._seen = (0.0, 0.0)

            def measure(self) -> None:
                air = bench.air.get(self._id)
                if air is None or air.gone:
                    raise OSError(110)
                air.measured += 1
                if air.garbled:
                    air.garbled -= 1
                    raise Exception("checksum error")
                self._seen = (air.celsius, air.humidity)

            def temperature(self) -> float:
                return self._seen[0]

            def humidity(self) -> float:
                return self._seen[1]

        self.DHT22 = DHT22

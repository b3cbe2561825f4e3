"""machine.Pin, PWM, ADC, and neopixel.NeoPixel of a virtual board; every change of a level is told.

From MicroPython's documentation of machine.Pin, machine.PWM, machine.ADC and neopixel, and the quick references of
esp32 and rp2 for which pins there are.
"""

import wire

_ESP32_INPUTS = (34, 35, 36, 37, 38, 39)  # esp32 quick reference, "Pins and GPIO": these cannot drive anything


def _known(kind: str, name) -> "str | None":
    """The pin's name as the surroundings call it; None where the board has no such pin."""
    if kind == "esp32":
        good = isinstance(name, int) and (0 <= name <= 23 or 25 <= name <= 27 or 32 <= name <= 39) and name != 20
        return str(name) if good else None
    if isinstance(name, str):
        if name in ("LED", "WL_GPIO0"):
            return "LED"
        if not name.startswith("GP") or not name[2:].isdigit():
            return None
        name = int(name[2:])
    return str(name) if 0 <= name <= 29 else None


class Pin:
    """machine.Pin. An input reads what the surroundings put on it, else what its pull makes of it."""

    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 4, 8
    kind = ""  # set at the start

    def __init__(self, id, mode: int = -1, pull=None, *, value=None, drive=None, hold=None, alt=None) -> None:
        if isinstance(id, Pin):
            id = id.name if not id.name.isdigit() else int(id.name)
        name = _known(self.kind, id)
        if name is None:
            raise ValueError("invalid pin" if self.kind == "esp32" else 'unknown named pin "{}"'.format(id))
        self.name = name
        self._mode = self.IN
        self._pull = None
        self._level = 0
        self.init(mode, pull, value=value)

    def init(self, mode: int = -1, pull=None, *, value=None, drive=None, hold=None, alt=None) -> None:
        if mode != -1:
            if self.kind == "esp32" and mode != self.IN and int(self.name) in _ESP32_INPUTS:
                raise ValueError("pin can only be input")
            self._mode, self._pull = mode, pull
        if value is not None or (mode == self.OUT and self._mode == self.OUT):
            self.value(self._level if value is None else value)

    def value(self, level=None):
        if level is None:
            if self._mode == self.OUT:
                return self._level
            return wire.ask(ask="pin", pin=self.name, pull=self._pull)
        self._level = 1 if level else 0
        if self._mode != self.IN:
            wire.tell(pin=self.name, value=self._level)
        return None

    __call__ = value

    def on(self) -> None:
        self.value(1)

    def off(self) -> None:
        self.value(0)

    high, low = on, off

    def toggle(self) -> None:
        self.value(not self._level)

    def mode(self) -> int:
        return self._mode

    def irq(self, *_, **__) -> None:
        raise NotImplementedError("a virtual board has no interrupts")

    def __repr__(self) -> str:
        return "Pin({})".format(self.name)


class PWM:
    """machine.PWM: what is told is the share of time at high level, 0 to 65535."""

    def __init__(self, pin: Pin, *, freq=None, duty_u16=None, duty=None, duty_ns=None, invert=False) -> None:
        if pin.name == "LED":
            raise ValueError("expecting a regular GPIO Pin")  # it hangs on the radio: rp2 quick reference, "Pins"
        self._pin = pin
        self._freq, self._duty = 0, 0
        self.init(freq=freq, duty_u16=duty_u16, duty=duty, duty_ns=duty_ns)

    def init(self, *, freq=None, duty_u16=None, duty=None, duty_ns=None) -> None:
        if freq is not None:
            self._freq = freq
        if duty is not None:  # esp32 alone, ten bits
            duty_u16 = duty << 6
        if duty_ns is not None:
            duty_u16 = duty_ns * self._freq * 65535 // 1000000000
        if duty_u16 is not None:
            self._duty = duty_u16
        wire.tell(pwm=self._pin.name, duty=self._duty, freq=self._freq)

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        return self.init(duty_u16=duty)

    def freq(self, freq=None):
        if freq is None:
            return self._freq
        return self.init(freq=freq)

    def deinit(self) -> None:
        wire.tell(pwm=self._pin.name, duty=None, freq=0)


class ADC:
    """machine.ADC: a number from 0 to 65535 that the surroundings give."""

    CORE_TEMP = 4  # rp2: the chip's thermometer
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3

    def __init__(self, channel, *, atten=None) -> None:
        self._channel = channel.name if isinstance(channel, Pin) else str(channel)

    def read_u16(self) -> int:
        return wire.ask(ask="analog", channel=self._channel)

    def read_uv(self) -> int:
        return self.read_u16() * 3300000 // 65535


class NeoPixel:
    """neopixel.NeoPixel: `write` is what the strip shows. GRB, as WS2812 have it, is the business of the wire."""

    ORDER = (1, 0, 2, 3)

    def __init__(self, pin: Pin, n: int, bpp: int = 3, timing: int = 1) -> None:
        self.pin, self.n, self.bpp, self.timing = pin, n, bpp, timing
        self.buf = bytearray(n * bpp)
        pin.init(pin.OUT)

    def __len__(self) -> int:
        return self.n

    def __setitem__(self, at: int, value: tuple) -> None:
        for place in range(self.bpp):
            self.buf[at * self.bpp + self.ORDER[place]] = value[place]

    def __getitem__(self, at: int) -> tuple:
        return tuple([self.buf[at * self.bpp + self.ORDER[place]] for place in range(self.bpp)])

    def fill(self, value: tuple) -> None:
        for at in range(self.n):
            self[at] = value

    def write(self) -> None:
        if self.pin.name == "LED":
            raise ValueError("expecting a regular GPIO Pin")
        wire.tell(strip=self.pin.name, colors=[self[at] for at in range(self.n)])

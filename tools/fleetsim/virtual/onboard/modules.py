"""Which modules a virtual board has: the interpreter's, with a board's names over them, and the simulated ones."""

import sys
from collections import namedtuple

import sim_time
from overlay import Overlay, lay_over
from sim_machine import Machine
from sim_network import Network
from sim_pins import NeoPixel
from sim_sensors import DHT22, DS18X20, OneWire, raw_temperature

# sys.platform, os.uname().sysname and the machine's name as the builds ESP32_GENERIC and RPI_PICO_W give them.
_NAMES = {
    "esp32": ("esp32", "esp32", "Generic ESP32 module with ESP32", "ESP32_GENERIC"),
    "pico": ("rp2", "rp2", "Raspberry Pi Pico W with RP2040", "RPI_PICO_W"),
}

_Implementation = namedtuple("implementation", ("name", "version", "_machine", "_mpy", "_build"))  # type: ignore[misc]
_Uname = namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))


def install(options: dict, interrupts) -> dict:
    """Puts the board's modules in place; what `sys` says on such a board."""
    platform, sysname, machine, build = _NAMES[options["kind"]]
    own = sys.implementation
    release = ".".join([str(part) for part in own.version[:3]])
    version = sys.version.split("; ")[1].replace("MicroPython ", "")
    uname = _Uname(sysname, sysname, release, version, machine)
    lay_over("os", {"uname": lambda: uname, "dupterm": lambda *_: None})
    lay_over("micropython", {"kbd_intr": interrupts.allow})
    sim_time.install(options["speed"])
    kind, cause = options["kind"], options["cause"]
    lay_over("machine", Machine(kind, cause, bytes.fromhex(options["uid"])).names())
    network = Network(kind)
    lay_over("socket", {"getaddrinfo": network.getaddrinfo})
    add("network", **network.names)
    add("ntptime", settime=network.set_time, host="pool.ntp.org", timeout=1)
    add("neopixel", NeoPixel=NeoPixel)
    add("onewire", OneWire=OneWire)
    add("ds18x20", DS18X20=DS18X20)
    add("dht", DHT22=DHT22)
    if kind == "esp32":
        add("esp32", raw_temperature=raw_temperature)
    else:
        add("rp2", country=network.country)
    return {
        "platform": platform,
        "implementation": _Implementation("micropython", own.version, machine, own._mpy, build),  # type: ignore[attr-defined]
    }


def add(name: str, **names) -> None:
    """A module that the interpreter has not."""
    sys.modules[name] = Overlay(None, names)  # type: ignore[assignment]


def banner(about: dict) -> str:
    """What the friendly prompt begins with."""
    return sys.version.split("; ")[1] + "; " + about["implementation"]._machine

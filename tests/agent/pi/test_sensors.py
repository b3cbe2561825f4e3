"""Probes on a 1-Wire bus, as the kernel shows them in /sys: here a folder with the same files."""

from pathlib import Path

import pytest
from henge_agent.pi.sensors import PiThermometer

NAME = "28-0316a2795bff"
GOOD = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
COLD = "5e ff 4b 46 7f ff 02 10 50 : crc=50 YES\n5e ff 4b 46 7f ff 02 10 50 t=-10125\n"
TORN = "72 01 4b 46 7f ff 0e 10 58 : crc=57 NO\n72 01 4b 46 7f ff 0e 10 58 t=23125\n"
POWER_ON = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n"
DEAD = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n"


class System:
    """/sys, below a folder of the test's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._bus = root / "sys/bus/w1/devices"

    def probe(self, text: str, name: str = NAME) -> None:
        (self._bus / name).mkdir(parents=True, exist_ok=True)
        (self._bus / name / "w1_slave").write_text(text)

    async def reads(self, kind: str = "ds18b20", probe: str = "", offset: float = 0) -> float:
        driver = PiThermometer(str(self.root), NoTime())
        values = {"sensor.period": 30, "sensor.offset": offset, "sensor.threshold": 0}
        driver.apply(values | {"sensor.kind": kind, "sensor.probe": probe})
        return (await driver.read())["temperature"]


class NoTime:
    """Nobody waits between two attempts."""

    async def sleep(self, seconds: float) -> None:
        pass


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


@pytest.mark.parametrize(("text", "celsius"), [(GOOD, 23.12), (COLD, -10.12)])
async def test_a_probe_is_read(system: System, text: str, celsius: float) -> None:
    system.probe(text)
    assert await system.reads() == pytest.approx(celsius, abs=0.01)


@pytest.mark.parametrize("probe", [NAME, "28ff5b79a2160357", "28FF5B79A2160357"])
async def test_a_probe_is_found_by_either_of_its_names(system: System, probe: str) -> None:
    system.probe(COLD, "28-000000000001")
    system.probe(GOOD)
    assert await system.reads(probe=probe, offset=1) == pytest.approx(24.12, abs=0.01)


@pytest.mark.parametrize(
    ("text", "words"), [(TORN, "does not add up"), ("", "does not add up"), (POWER_ON, "power"), (DEAD, "power")]
)
async def test_what_was_not_measured_is_refused(system: System, text: str, words: str) -> None:
    system.probe(text)
    with pytest.raises(OSError, match=words):
        await system.reads()


async def test_a_probe_that_is_not_there_is_named_beside_those_that_are(system: System) -> None:
    system.probe(GOOD)
    with pytest.raises(OSError, match=f"no probe 28-000000000009 on the 1-Wire bus, but {NAME}"):
        await system.reads(probe="28-000000000009")


async def test_a_machine_without_a_bus_says_how_to_make_one(system: System) -> None:
    with pytest.raises(OSError, match="dtoverlay=w1-gpio"):
        await system.reads()


async def test_the_processor_has_a_thermometer_too(system: System) -> None:
    zone = system.root / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("48312\n")
    assert await system.reads("chip") == pytest.approx(48.31)


def test_only_what_a_pi_can_do_is_offered() -> None:
    assert PiThermometer().SETTINGS["sensor.kind"]["choices"] == ["none", "chip", "ds18b20"]
    assert "sensor.pin" not in PiThermometer().SETTINGS

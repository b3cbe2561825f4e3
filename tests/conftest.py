"""What every folder of tests shares: the programs that are not Python.

A test that needs one never skips without it: it fails and says what to do.
"""

import shutil
from pathlib import Path

import pytest

from tests.papers import Papers

CACHE = Path(__file__).parents[1] / ".cache"


def program(folder: str, name: str) -> Path:
    """The program as ./dev set it up, else the machine's own."""
    ours = CACHE / folder / "bin" / name
    found = str(ours) if ours.exists() else shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not here: run the tests with ./dev test, which sets it up", pytrace=False)
    return Path(found)


def pytest_addoption(parser: pytest.Parser) -> None:
    """For tests/hil. They stand here since pytest asks for options before it looks into folders below."""
    parser.addoption(
        "--board",
        metavar="virtual|virtual-pico|qemu|PORT",
        help="what tests/hil runs on: an ESP32 or Pico W that is simulated, an emulated or a real board (docs/hil.md)",
    )
    parser.addoption("--bench", metavar="FILE", help="what is around a real board: Wi-Fi, address, relay (docs/hil.md)")


@pytest.fixture(scope="session")
def micropython() -> Path:
    return program("micropython", "micropython")


@pytest.fixture(scope="session")
def mosquitto() -> Path:
    """The broker. Started by root it drops to a user that need not exist: give it `user root` in its configuration."""
    return program("debian", "mosquitto")


@pytest.fixture(scope="session")
def mosquitto_pub() -> Path:
    return program("debian", "mosquitto_pub")


@pytest.fixture(scope="session")
def mosquitto_sub() -> Path:
    return program("debian", "mosquitto_sub")


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates that are in order, and others."""
    return Papers(tmp_path_factory.mktemp("papers"))

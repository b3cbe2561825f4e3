"""What a board said of itself and of what is on it (aboard/look.py), and what follows from that. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from fleetctl.errors import Failed
from fleetctl.flash.bundle import LOWEST, MPY_VERSION
from fleetctl.flash.script import SWITCH_MARK

MARK = "henge-board:"
KINDS = {"esp32": "esp32", "rp2": "pico"}  # by what MicroPython calls the chip (os.uname().sysname)
_MPY_MASK = 0xFF  # of sys.implementation._mpy: the version of .mpy files


@dataclass(frozen=True, slots=True)
class Found:
    """A board on a port. `begun` are size and digest of a bundle that it has in part; `henge` is what its /henge.json
    holds, empty where there is none that can be read.
    """

    system: str
    machine: str
    version: tuple[int, ...]
    mpy: int
    uid: str
    wifi: bool
    free: int
    installed: str
    begun: tuple[int, str]
    henge: dict[str, Any]
    is_switching: bool  # an agent was brought, and the board has to start once more to put it in place
    has_program: bool

    @property
    def kind(self) -> str:
        """`esp32` or `pico`; empty for a chip that the agent was not made for."""
        return KINDS.get(self.system, "")

    @property
    def device(self) -> str:
        """Which device it is; empty where it is none yet."""
        credential = self.henge.get("credential")
        username = credential.get("username") if isinstance(credential, dict) else None
        return username if isinstance(username, str) else ""

    def named(self) -> str:
        """The board for a sentence."""
        version = ".".join(map(str, self.version))
        return f"{self.machine or self.system}, MicroPython {version}, unique id {self.uid}"


def read(said: str) -> Found:
    """From all that the board said. Raises Failed."""
    line = next((line for line in said.splitlines() if MARK in line), "")
    try:
        found = json.loads(line.partition(MARK)[2])
        size, digest = found["begun"]
        return Found(
            found["system"],
            found["machine"],
            tuple(found["version"]),
            found["mpy"],
            found["uid"],
            found["wifi"],
            found["free"],
            found["installed"],
            (size, digest),
            _henge(found["henge"]),
            found["main"].startswith(SWITCH_MARK),
            bool(found["main"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failed(f"The board did not say what it is. {_other(said)}") from error


def _other(said: str) -> str:
    """What came in place of the line; never the line itself, which may hold secrets."""
    lines = [line for line in said.splitlines() if line.strip() and MARK not in line]
    return f"It said: {lines[-1]}" if lines else "Running the same command again may help."


def _henge(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def fit(found: Found, wanted_kind: str) -> None:
    """Raises Failed where this board cannot run the agent, or is not of the kind that was asked for."""
    if not found.kind:
        raise Failed(f"This is {found.named()}. The agent runs on an ESP32 and on a Raspberry Pi Pico W.")
    if wanted_kind and wanted_kind != found.kind:
        raise Failed(f"This is no {wanted_kind}, but {found.named()}. Nothing was changed. Is it the right port?")
    if not found.wifi:
        raise Failed(f"This is {found.named()}, which has no Wi-Fi. A Pico has to be a Pico W, and so its MicroPython.")
    if found.version[:2] < LOWEST or found.mpy & _MPY_MASK != MPY_VERSION:
        raise Failed(
            f"This is {found.named()}, which loads version {found.mpy & _MPY_MASK} of .mpy files; the agent needs "
            f"{MPY_VERSION}, with MicroPython {LOWEST[0]}.{LOWEST[1]} or newer: `--micropython IMAGE` brings it."
        )

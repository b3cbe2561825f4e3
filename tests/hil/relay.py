"""What cuts a board's power: one small class, with a version for each thing that a bench may have, and one for none.

The wiring is in docs/hil.md. Nothing here knows boards or tests.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

SETTLE_S = 0.5  # until the capacitors on a board are empty; shorter, and it may never notice


class NoRelay(Exception):
    """There is nothing that could cut the power; whoever needs it cannot go on."""


class Relay:
    """Off and on. `can_cut` is False where off() would raise NoRelay."""

    can_cut = True

    def off(self) -> None:
        """Returns when the board has no power."""
        raise NotImplementedError

    def on(self) -> None:
        """Returns when the board has power; it then takes its time to start."""
        raise NotImplementedError


class NullRelay(Relay):
    """No relay: scenarios that cut the power are not run, and say so."""

    can_cut = False

    def off(self) -> None:
        raise NoRelay("no relay: name one in the bench file, see docs/hil.md")

    def on(self) -> None:
        """A board without a relay has power all the time."""


class HubRelay(Relay):
    """A USB hub that switches its ports off, through the program uhubctl. `location` and `port` as it prints them."""

    def __init__(self, location: str, port: int) -> None:
        self._command = ["uhubctl", "-l", location, "-p", str(port), "-a"]

    def off(self) -> None:
        self._switch("off")
        time.sleep(SETTLE_S)

    def on(self) -> None:
        self._switch("on")

    def _switch(self, to: str) -> None:
        subprocess.run([*self._command, to], check=True, capture_output=True, timeout=30)


class SerialRelay(Relay):
    """A relay on a USB serial port, which takes a few bytes: `on` and `off` in hexadecimal, from its leaflet."""

    def __init__(self, port: str, on: str = "A00101A2", off: str = "A00100A1") -> None:
        self._port = Path(port)
        self._on, self._off = bytes.fromhex(on), bytes.fromhex(off)

    def off(self) -> None:
        self._send(self._off)
        time.sleep(SETTLE_S)

    def on(self) -> None:
        self._send(self._on)

    def _send(self, data: bytes) -> None:
        import serial  # pyserial, which mpremote brings

        with serial.Serial(str(self._port), 9600, timeout=2) as port:
            port.write(data)
            port.flush()


def from_table(table: dict[str, Any] | None) -> Relay:
    """The relay that the table `[relay]` of a bench file names. Raises ValueError."""
    if not table:
        return NullRelay()
    rest = {key: value for key, value in table.items() if key != "kind"}
    kinds = {"hub": HubRelay, "serial": SerialRelay}
    if table.get("kind") not in kinds:
        raise ValueError(f"[relay] kind is one of {', '.join(kinds)}, not {table.get('kind')!r}")
    try:
        return kinds[table["kind"]](**rest)
    except TypeError as error:
        raise ValueError(f"[relay]: {error}") from error

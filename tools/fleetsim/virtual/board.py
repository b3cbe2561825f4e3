"""A virtual board: a pty whose other end is the real MicroPython interpreter with a board's flash, files and modules.

mpremote and fleetctl talk to its port as to a real one's. Time is real, memory is a computer's, and nothing here knows
the agent: what runs on the board is what was flashed to it.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from fleetsim.flash import ESP32_BYTES, PICO_W_BYTES
from fleetsim.virtual.image import Image
from fleetsim.virtual.life import Life, interpreter
from fleetsim.virtual.mains import Mains
from fleetsim.virtual.port import Port
from fleetsim.virtual.radio import Air
from fleetsim.virtual.surroundings import Surroundings

KINDS = {"esp32": ESP32_BYTES, "pico": PICO_W_BYTES}  # bytes of the part of the flash that holds files
_UID_BYTES = {"esp32": 6, "pico": 8}  # machine.unique_id: the MAC of the one, the flash chip's number of the other
# 192 KiB on a board. Objects take twice the space here, and the simulated modules take some too.
HEAP_BYTES = 2 * 192 * 1024 + 128 * 1024


class TooLate(Exception):
    """Something did not happen in time; the text ends with what the board printed last."""


class VirtualBoard:
    """Lives in `folder`, which is made where it is missing; `flash.bin` in it is what is on its flash.

    It is off at first. `air` has the Wi-Fi networks in range; boards in one place share it. `around` has what its pins
    show and its sensors measure. `slow_flash`: erasing and writing takes as long as on a chip. `speed`: its clock runs
    so many times as fast, that of its watchdog too. close() ends everything. Raises NoInterpreter, ValueError, OSError.
    """

    def __init__(
        self, folder: str | Path, kind: str = "esp32", air: Air | None = None, slow_flash: bool = False, speed: int = 1
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"there is no board {kind!r}: it is one of {', '.join(KINDS)}")
        interpreter()  # where there is none, this says so, and not a thread later on
        self.kind = kind
        self.folder = Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._image = Image(self.folder / "flash.bin", KINDS[kind])
        self._slow, self._speed = slow_flash, speed
        self.uid = hashlib.sha256(str(self.folder).encode()).digest()[: _UID_BYTES[kind]]
        self.air = air or Air()
        self.around = Surroundings(self.air)
        self._port = Port()
        self.port = self._port.name
        self._mains = Mains(self._port, self.around, self._born, speed)

    def __enter__(self) -> "VirtualBoard":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def is_on(self) -> bool:
        return self._mains.is_on

    @property
    def heard(self) -> str:
        """What it printed since it was made, the newest million bytes."""
        return self._mains.heard.decode(errors="replace")

    def power_on(self) -> None:
        self._mains.power(True)

    def power_off(self) -> None:
        """At once, whatever it does: the image holds what was written until now, and nothing more."""
        self._mains.power(False)

    def put(self, files: dict[str, bytes]) -> None:
        """Writes files, by their paths from the root, while it is off: faster than over the port."""
        self._need_off()
        self._image.put(files)

    def get(self, path: str) -> bytes | None:
        """What a file on it holds, while it is off; None where there is none."""
        self._need_off()
        return self._image.get(path)

    def _need_off(self) -> None:
        if self.is_on:
            raise RuntimeError("the board is on, and its files are its own: power_off() first")

    def wait_for(self, what: str, check: Callable[[], object], seconds: float = 20.0) -> None:
        """Returns when `check()` is true; it is asked again whenever the board does something. Raises TooLate."""
        limit = time.monotonic() + seconds
        with self._mains.changed:
            while not check():
                if self._mains.failure:
                    raise RuntimeError("the virtual board has failed") from self._mains.failure
                if time.monotonic() > limit:
                    raise TooLate(f"not within {seconds} s: {what}; the board's last words:\n{self.heard[-2000:]}")
                self._mains.changed.wait(0.05)

    def prints(self) -> Iterator[str]:
        """What it prints from now on, for as long as it lives; what is printed faster than it is taken may be lost."""
        shown = self._mains.heard_in_all
        while not self._mains.failure:
            with self._mains.changed:
                self._mains.changed.wait(1.0)
                new = self._mains.heard_in_all - shown
                text = self._mains.heard[-new:] if new else b""
                shown += new
            if text:
                yield text.decode(errors="replace")

    def close(self) -> None:
        self._mains.close()
        self._port.close()
        self.around.close()

    def _born(self, cause: str, mode: str) -> Life:
        options = {
            "kind": self.kind,
            "cause": cause,
            "mode": mode,
            "image": str(self._image.path),
            "slow": self._slow,
            "speed": self._speed,
            "uid": self.uid.hex(),
        }
        return Life(options, HEAP_BYTES)

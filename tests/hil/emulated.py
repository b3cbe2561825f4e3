"""An emulated board with a 32-bit processor, for scenarios that need no network: no Wi-Fi, no power switch, no port."""

from pathlib import Path

from fleetsim.emulator import image
from fleetsim.emulator.machine import Machine

from tests.hil.boards import Board, written
from tests.hil.relay import NullRelay

_LIMIT_S = 600  # it is some twenty times as slow as this computer


class Emulated(Board):
    """`qemu` and `firmware` are what `setup/qemu.sh` makes; `folder` is its own."""

    kind = "esp32"  # its processor is neither; what differs is in no module that runs here
    port = ""
    can = frozenset({"spare"})

    def __init__(self, folder: Path, qemu: Path, firmware: Path, micropython: Path) -> None:
        self.relay = NullRelay()
        self._folder = folder
        self._programs = (qemu, firmware, micropython)
        self._machine: Machine | None = None

    def fill(self, files: dict[str, bytes]) -> None:
        qemu, firmware, micropython = self._programs
        with written(files) as folder:
            image.make(micropython, folder, self._folder / "image")
        self.close()
        self._machine = Machine(qemu, firmware, self._folder / "image")
        self._machine.__enter__()

    def run(self, code: str) -> str:
        assert self._machine, "fill it first"
        return self._machine.run(code, _LIMIT_S)

    def close(self) -> None:
        if self._machine:
            self._machine.__exit__()

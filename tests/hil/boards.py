"""The boards that scenarios run on, behind one interface: a virtual one, or a real one on a port.

What a board cannot do it says in `can`; a test names what it needs (marker `needs`), and is skipped with that reason.
"""

import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetsim.virtual import Air, VirtualBoard

from tests.hil.bench import Bench
from tests.hil.relay import Relay

PATIENCE_S = 60  # for what must happen, on a busy machine or a slow board; nothing is proven by the time it takes


class Board(ABC):
    """`kind` is the folder in firmware/, `can` is some of: network, power, air (its Wi-Fi can be changed), light, spare
    (it has memory beside its heap, which a simulated flash chip can be in).
    """

    kind: str
    port: str
    relay: Relay
    can: frozenset[str]

    @abstractmethod
    def fill(self, files: dict[str, bytes]) -> None:
        """Puts files on its flash, by their paths from the root, and starts it."""

    def mpremote(self, *arguments: str) -> str:
        """What mpremote says, without a soft reset before; it interrupts what runs."""
        command = [sys.executable, "-m", "mpremote", "connect", self.port, "resume", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def run(self, code: str) -> str:
        """What the code prints, which runs beside nothing else."""
        return self.mpremote("exec", code)

    def reset(self) -> None:
        """Its main program starts again, whatever the console was used for."""
        self.mpremote("reset")

    def pins(self) -> dict[str, int]:
        """What its outputs show, by their names; for boards that `can` light."""
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """Nothing of it is left on this computer."""


class PowerSwitch(Relay):
    """A virtual board's."""

    def __init__(self, board: VirtualBoard) -> None:
        self._board = board

    def off(self) -> None:
        self._board.power_off()

    def on(self) -> None:
        self._board.power_on()


class Virtual(Board):
    """The real interpreter behind a pty; its Wi-Fi is `home` with the password `secret123`."""

    can = frozenset({"network", "power", "air", "light"})
    wifi = ("home", "secret123")

    def __init__(self, folder: Path, kind: str, slow_flash: bool = False, speed: int = 1) -> None:
        self.kind = kind
        self.air = Air()
        self.air.add(*self.wifi)
        self.board = VirtualBoard(folder, kind, self.air, slow_flash, speed)
        self.port = self.board.port
        self.relay = PowerSwitch(self.board)

    def fill(self, files: dict[str, bytes]) -> None:
        self.relay.off()
        self.board.put(files)
        self.relay.on()

    def pins(self) -> dict[str, int]:
        return dict(self.board.around.pins)

    def close(self) -> None:
        print(self.board.heard[-4000:])  # pytest shows it where the scenario failed
        self.board.close()


class Real(Board):
    """A board on a port, with what the bench file says of its surroundings."""

    def __init__(self, bench: Bench, port: str) -> None:
        self.port = port
        self.relay = bench.relay
        self.can = frozenset({"network", *(["power"] if bench.relay.can_cut else [])})
        self.relay.on()
        machine = self.mpremote("exec", "import sys; print(sys.platform)").strip()
        self.kind = {"esp32": "esp32", "rp2": "pico"}[machine]

    def fill(self, files: dict[str, bytes]) -> None:
        """Through the port, each file after the folder that it lies in."""
        with written(files) as folder:
            tops = [str(path) for path in sorted(folder.iterdir())]
            self.mpremote("cp", "-r", *tops, ":")
        self.reset()

    def close(self) -> None:
        """It stays on, as it is."""


@contextmanager
def written(files: dict[str, bytes]) -> Iterator[Path]:
    """A folder of this computer that holds these files, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield Path(folder)


def until(what: str, check: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Returns when `check()` is true. The time is a limit and no proof."""
    limit = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < limit, f"not within {seconds} s: {what}"
        time.sleep(0.05)

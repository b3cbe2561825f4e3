"""The flash of a virtual board as a file on this computer: made blank, filled and read while the board is off.

It is a LittleFS 2 of MicroPython's own making; nothing here knows the format.
"""

import subprocess
import tempfile
from pathlib import Path

from fleetsim.virtual.life import interpreter

_LOAD = Path(__file__).with_name("onboard") / "load.py"
_TIME_LIMIT = 60  # seconds; half a second is usual


class Image:
    """`path` is made, all erased, where it is missing."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(b"\xff" * size)

    def put(self, files: dict[str, bytes]) -> None:
        """Writes files by their paths from the root, as `boot.py` or `lib/x.mpy`."""
        with tempfile.TemporaryDirectory() as folder:
            for path, content in files.items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            self._run("put", folder).check_returncode()

    def get(self, path: str) -> bytes | None:
        """What a file holds; None where there is none."""
        done = self._run("get", "/" + path)
        return None if done.returncode else done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [interpreter(), str(_LOAD), str(self.path), *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, timeout=_TIME_LIMIT, check=False)

"""A board: the real agent in a process of its own, on CPython, whose shown states a test can wait for."""

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

PATIENCE_S = 20  # for what must happen; nothing is proven by the time it takes


class AgentBoard:
    def __init__(self, server: str, credential: Path, data: Path) -> None:
        data.mkdir()
        where = ["--server", server, "--credential", str(credential), "--data", str(data)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "henge_agent", *where, "--show"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, **wanted: Any) -> dict[str, Any]:
        """The first thing that it shows from now on with all of these in it."""
        try:
            while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
                self._said.append(line)
                shown = json.loads(line) if line.startswith("{") else {}
                if shown and all(shown[key] == value for key, value in wanted.items()):
                    return shown
        except queue.Empty:
            pass
        raise AssertionError(f"the agent did not show {wanted}. It said:\n{''.join(self._said)}")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

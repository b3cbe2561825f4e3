"""Programs as a person runs them: the server through `fleetctl up`, a board as the real agent on MicroPython."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx

from tests.ports import free_port

PATIENCE_S = 60
_ROOT = Path(__file__).parents[2]


class ServerProcess:
    """`fleetctl up` on one data folder. It keeps its ports when it is started again, so that boards find it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.http, self.mqtt, self.mqtts = (f"127.0.0.1:{free_port()}" for _ in range(3))
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "start it first"
        return self._process

    async def start(self) -> None:
        """Returns when it says that it is ready."""
        self._process = await start_up(self.data, self.http, self.mqtt, self.mqtts)
        assert self.process.stdout
        if not await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S):
            assert self.process.stderr
            raise AssertionError((await self.process.stderr.read()).decode())

    def client(self) -> httpx.AsyncClient:
        """With the admin token."""
        token = (self.data / "admin-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"http://{self.http}/api/v1", headers=headers, timeout=PATIENCE_S)

    async def kill(self) -> None:
        """As a power cut ends a process."""
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """As systemd ends it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        assert self.process.returncode is not None
        return self.process.returncode

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()


async def start_up(
    data: Path, http: str, mqtt: str, mqtts: str = "127.0.0.1:0", **environment: str
) -> asyncio.subprocess.Process:
    """Starts `fleetctl up`, whatever comes of it."""
    where = ["--data", str(data), "--http", http, "--mqtt", mqtt, "--mqtts", mqtts]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleetctl", "up", "--no-remember", "-o", "json", *where),
        env=os.environ | {"HENGE_LOG_LEVEL": "error"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def start_board(
    micropython: Path, folder: Path, server: str, credential: dict[str, str]
) -> asyncio.subprocess.Process:
    """The agent on MicroPython, in a folder of its own."""
    file = _credential_file(folder, credential)
    return await asyncio.create_subprocess_exec(
        *(micropython, "-m", "henge_agent", "--server", server),
        *("--credential", str(file), "--data", str(folder / "data")),
        env=os.environ | {"MICROPYPATH": f".frozen:{_ROOT / 'agent'}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def _credential_file(folder: Path, credential: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "credential.json"
    file.write_text(json.dumps(credential))
    return file


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()

"""A server in a thread with a loop of its own, for tests that are not asynchronous: those that hypothesis drives."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
from henge_server.server import Ready, Server

from tests.server.conftest import settings_in
from tests.server.lamp import LAMP


class Running:
    ready: Ready

    def __init__(self, data: Path) -> None:
        self._data = data
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="server")

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with Server(settings_in(self._data)) as server:
            self.ready = server.ready
            self._up.set()
            await self._stop.wait()

    def __enter__(self) -> "Running":
        self._thread.start()
        assert self._up.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def api(self) -> httpx.Client:
        """With the admin token."""
        headers = {"Authorization": f"Bearer {self.ready.token}"}
        return httpx.Client(base_url=f"{self.ready.url}/api/v1", headers=headers)

    def register(self, device_id: str) -> dict[str, Any]:
        """A lamp; its credential."""
        with self.api() as api:
            api.put("/schemas/lamp", json={"settings": LAMP}).raise_for_status()
            answer = api.post("/devices", json={"id": device_id, "schema": "lamp"})
            answer.raise_for_status()
            return answer.json()["credential"]

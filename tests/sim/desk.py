"""The desk: what a person does with the server's API, and waits for. Every wait is for something that is said."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fleetsim.board import SimBoard
from henge_agent.drivers.led import Led
from henge_agent.drivers.server import Server as ServerDriver
from henge_agent.drivers.wifi import Wifi
from henge_server.server import Server

HOME, PASSWORD = "home", "correct horse"
HUB, NEW_HUB = "hub.old", "hub.new"
PATIENCE_S = 60  # for what must happen; nothing is proven by the time it takes

_LOOK_S = 0.02


class Desk:
    """One person with the admin token."""

    def __init__(self, server: Server, api: httpx.AsyncClient) -> None:
        self.server = server
        self._api = api

    async def begin(self) -> None:
        """The schema of the boards: what their drivers declare."""
        settings = {**Led.SETTINGS, **Wifi.SETTINGS, **ServerDriver.SETTINGS}
        (await self._api.put("/schemas/board", json={"settings": settings})).raise_for_status()

    async def register(self, device: str) -> str:
        """Its credential file, with the server's CA."""
        answer = await self._api.post("/devices", json={"id": device, "schema": "board"})
        assert answer.status_code == 201, answer.text
        ca = (await self._api.get("/ca")).text
        return json.dumps(answer.json()["credential"] | {"ca": ca})

    async def set(self, device: str, values: dict[str, Any], wait_s: float = 0) -> dict[str, Any]:
        """The answer, once the board has decided where it is waited for."""
        answer = await self._api.patch(f"/devices/{device}/config", json=values, params={"wait": wait_s})
        assert answer.is_success, answer.text
        return answer.json()

    async def outcome(self, device: str, values: dict[str, Any]) -> tuple[str, str]:
        """Sets values and waits until the board has decided: the state, and the reason where it has one."""
        found = (await self.set(device, values, PATIENCE_S))["outcome"]
        return found["state"], found["errors"].get("", ["", ""])[1]

    async def command(self, device: str, name: str) -> None:
        """Returns when the board has answered."""
        answer = await self._api.post(f"/devices/{device}/commands", json={"name": name}, params={"wait": PATIENCE_S})
        assert answer.status_code == 200, answer.text

    async def config(self, device: str) -> dict[str, Any]:
        return (await self._api.get(f"/devices/{device}/config")).json()

    async def device(self, device: str) -> dict[str, Any]:
        return (await self._api.get(f"/devices/{device}")).json()

    async def has(self, device: str, sync: str) -> None:
        """Returns when the board stands so to what it should be."""

        async def look() -> str:
            return (await self.config(device))["sync"]

        await until(look, sync)

    async def is_(self, device: str, status: str) -> None:
        """Returns when the device is online, or offline."""

        async def look() -> str:
            return (await self.device(device))["status"]

        await until(look, status)


async def says(board: SimBoard, text: str, times: int = 1) -> None:
    """Returns when a board's agent has logged so many lines that begin like this."""

    async def look() -> str:
        return "said" if sum(line.startswith(text) for line in board.said) >= times else "not said"

    await until(look, "said")


async def joins(board: SimBoard, ssid: str) -> None:
    """Returns when a board is on that Wi-Fi; an empty name for none."""

    async def look() -> str:
        return board.ssid

    await until(look, ssid)


async def until(look: Callable[[], Awaitable[str]], wanted: str) -> None:
    """Looks again and again: what is waited for is told through several stages, none of which knows of a test."""
    found = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (found := await look()) != wanted:  # noqa: ASYNC110 - see above
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise AssertionError(f"it is {found}, not {wanted}") from None

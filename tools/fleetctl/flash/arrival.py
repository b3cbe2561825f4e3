"""Arrival: waits until the server has heard a board and the board says what it runs, and reads along on its port.

What the board prints says why it does not come: a wrong Wi-Fi password, a server that cannot be reached.
"""

import time
from collections.abc import Callable
from typing import Any

from fleetctl.client import Client
from fleetctl.errors import NotTaken, Partly, Problem
from fleetctl.flash.hearing import Hearing
from fleetctl.flash.knock import Line
from fleetctl.outcome import ahead, instead
from fleetctl.terminal import printable

_EVERY_S = 0.5
_LINES = 6  # of what the board said last
_UNDECIDED = ("pending", "trial")
_REFUSED = ("rejected", "rolled_back")
_SETTLE_S = 3.0  # a report follows the hello within one


class Arrival:
    """Of one device, and the board with this unique id. Made before the board starts."""

    def __init__(
        self,
        client: Client,
        device: str,
        uid: str,
        port: str,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._device = device
        self._port = port
        self._now = now
        self._sleep = sleep
        self._hearing = Hearing(client, device, uid)

    def wait(self, seconds: float) -> dict[str, Any]:
        """The device when it is online and has decided. Raises Partly when it is too late, NotTaken when it refuses."""
        line = Line(self._port, patient=True)
        limit, settled = self._now() + seconds, 0.0
        try:
            while True:
                line.heard()
                if self._hearing.has_heard:
                    settled = settled or self._now() + _SETTLE_S
                    device = self._client.device(self._device)
                    if self._has_decided(device, self._now() >= settled):
                        return self._judged(device)
                if self._now() >= limit:
                    raise self._too_late(line.tail(), seconds)
                self._sleep(_EVERY_S)
        finally:
            line.close()

    def _has_decided(self, device: dict[str, Any], is_settled: bool) -> bool:
        """A refusal may be an old one, of the agent that was there before."""
        sync = device["sync"]
        return device["status"] == "online" and sync not in _UNDECIDED and (sync not in _REFUSED or is_settled)

    def _judged(self, device: dict[str, Any]) -> dict[str, Any]:
        if device["sync"] in _REFUSED:
            errors = (self._client.config(self._device)["reported"] or {}).get("errors", {})
            problems = [Problem(key, code, text) for key, (code, text) in sorted(errors.items())]
            rev = device["desired_rev"]
            todo = f"It goes on with what it had. {instead(self._device, rev, problems)}"
            raise NotTaken(f"{self._device} is online, and refused revision {rev}:", problems, todo)
        if device["sync"] == "ahead":
            raise NotTaken(ahead(device))
        return device

    def _too_late(self, said: str, seconds: float) -> Partly:
        lines = [printable(line) for line in said.splitlines() if line.strip()][-_LINES:]
        board = "\n".join(["It says on its port:", *(f"  {line}" for line in lines)]) if lines else "It says nothing."
        if self._hearing.has_heard:
            text = f"{self._device} was heard, and has not said after {seconds:g} s what it made of its configuration."
        else:
            text = f"The board is flashed, and the server has not heard {self._device} after {seconds:g} s."
        return Partly(
            f"{text} {board}\n`fleetctl watch {self._device}` shows it when it comes, docs/flashing.md what may be "
            "wrong; the same command once more goes on from here, and with `--wifi -` asks for another Wi-Fi."
        )

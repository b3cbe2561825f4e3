"""Who has something to write: every socket gets one write per turn of the event loop, however many packets that is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from henge_mqtt import reasons

if TYPE_CHECKING:
    from henge_mqtt.connection import Connection


class Outbox:
    """Connections with unwritten packets; a single callback of the loop serves them all."""

    def __init__(self) -> None:
        self._waiting: list[Connection] = []

    def add(self, connection: Connection) -> None:
        """Have `connection.flush` called before the loop waits for input again."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(connection)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            try:
                connection.flush()
            except (
                OSError,
                RuntimeError,
            ) as problem:  # uvloop's word for a transport that is gone; others are to be served
                connection.close(reasons.LOST, str(problem))

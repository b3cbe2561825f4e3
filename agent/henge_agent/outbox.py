"""Outbox: what waits to be sent on the connection there is. Bounded, so that a stuck network costs no memory."""

import asyncio

from henge_protocol import topics

from henge_agent.link import LinkLeft

# Messages. Reports and log lines come in ones and twos; what overflows is a network that takes nothing, and `hello`
# repeats the last report on the next connection.
_MAX_WAITING = 16


class Outbox:
    """Filled by anybody, emptied by the one task that sends."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._waiting: list = []  # (topic, payload, qos), the oldest first
        self._leaving = ""
        self._last_word = None
        self._filled = asyncio.Event()
        self._left = asyncio.Event()

    def put(self, channel: str, payload: bytes, qos: int) -> None:
        """Adds a message on one of the device's channels.

        Where there are too many, the oldest reading is dropped, or the oldest message where there is no reading.
        """
        if len(self._waiting) >= _MAX_WAITING:
            readings = [at for at, waiting in enumerate(self._waiting) if not waiting[2]]
            self._waiting.pop(readings[0] if readings else 0)
        self._waiting.append((topics.build(self._device, channel), payload, qos))
        self._filled.set()

    def leave(self, why: str) -> None:
        """The connection is to end when all that waits has been sent, and to be made anew."""
        self._leaving = why
        self._filled.set()
        self._left.set()

    def finish(self, then) -> None:
        """`then` is to be called when all that waits has been sent and acknowledged."""
        self._last_word = then
        self._filled.set()

    async def left(self) -> None:
        """Raises LinkLeft when there is no connection to make any more, for it is to be another one."""
        await self._left.wait()
        raise LinkLeft(self._leaving)

    def clear(self) -> None:
        """A new connection begins with nothing from the old one."""
        self._waiting = []
        self._leaving, self._last_word = "", None
        self._filled.clear()
        self._left.clear()

    async def send_all(self, link) -> None:
        """Sends what comes. Raises LinkLost, LinkLeft; never returns."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                topic, payload, qos = self._waiting.pop(0)
                await link.publish(topic, payload, qos)
            if self._leaving:
                raise LinkLeft(self._leaving)
            if self._last_word:
                await link.answered()
                self._last_word()

"""Health: feeds the board's watchdog for as long as the agent shows signs of life, so that only a hang starts it anew.

A router, a broker or a sensor that is away is no illness: trying to reach it is a sign of life.
"""

import asyncio

from henge_agent.passing import forget

# Between two meals. A Pico's watchdog waits for 8.3 s at most, and a handshake of TLS may hold everything up for three.
FEED_S = 2
# Milliseconds without a sign; everything that the agent does by itself gives one within half a minute.
_SILENT_MS = 300_000
# What ran so long is past whatever crashed it before.
_SETTLED_MS = 60_000


class Health:
    """`sign` is called by whoever must not fall silent."""

    def __init__(self, board, clock) -> None:
        self._board = board
        self._clock = clock
        self._signed_ms = self._began_ms = clock.ms()
        self._is_settled = False

    def sign(self, seconds: float = 0) -> None:
        """Here is somebody who is well, and who will do nothing for so many seconds."""
        self._signed_ms = self._clock.ms() + int(seconds * 1000)

    def look(self) -> None:
        """Feeds the watchdog, or lets it be; and tidies the heap."""
        now = self._clock.ms()
        if now - self._signed_ms < _SILENT_MS:
            self._board.feed()
        if not self._is_settled and now - self._began_ms >= _SETTLED_MS:
            self._is_settled = True
            self._board.settled()
        forget()

    async def run(self) -> None:
        """Looks now and then until it is cancelled."""
        while True:
            self.look()
            await asyncio.sleep(FEED_S)

"""Events: the server's stream of what happens, followed across breaks.

Server-sent events (HTML standard, section 9.2): fields until an empty line; a line that begins with a colon is a
comment, which henge sends to say that it is still there.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fleetctl.errors import NotReachable, Refused

if TYPE_CHECKING:
    from fleetctl.client import Client

Event = dict[str, Any]

_GONE = 410
_SERVER_ERROR = 500  # from here on it is the server that is not well: it may be stopping or starting
# Seconds of silence after which the line is held to be dead: the server says something every 15.
_SILENCE_S = 40.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0  # a server that was away is back on the screen within that


def parsed(lines: Iterable[str]) -> Iterator[tuple[str | None, Event]]:
    """The events in a stream's lines, each with its id (None where it has none)."""
    identity, data = None, []
    for line in lines:
        if not line:
            if data:
                yield identity, json.loads("\n".join(data))
            identity, data = None, []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id":
            identity = value


class Events:
    """Follows one server. `say` hears of breaks, `begun` once, when nothing is missed any more; `sleep` and `chance`
    (0 to 1) are there for tests.
    """

    def __init__(
        self,
        client: "Client",
        say: Callable[[str], None],
        begun: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._say = say
        self._begun = begun
        self._sleep = sleep
        self._chance = chance
        self._last_id: str | None = None
        self._breaks = 0

    def follow(self, device: str | None) -> Iterator[Event]:
        """Events without end, from now on. After a break it goes on behind the last durable one.

        Raises what the first connection fails with: a wrong address is not waited for.
        """
        was_connected = False
        while True:
            try:
                lines = self._client.events(device, self._last_id, _SILENCE_S)
                for line_block in self._blocks(lines):
                    if not was_connected:
                        self._begun()
                    was_connected = True
                    yield from line_block
            except NotReachable as error:
                if not was_connected:
                    raise
                self._pause(str(error))
            except Refused as error:
                if error.status == _GONE:
                    self._say("The server no longer has what happened since; going on from now.")
                    self._last_id = None
                elif error.status >= _SERVER_ERROR and was_connected:
                    self._pause(str(error))
                else:
                    raise

    def _blocks(self, lines: Iterator[str]) -> Iterator[list[Event]]:
        """An empty list as soon as the server has said anything, then a list for each event."""
        first = next(lines, None)
        if first is None:
            return
        self._back()
        yield []
        for identity, event in parsed(_with(first, lines)):
            if identity is not None:
                self._last_id = identity
            yield [event]

    def _back(self) -> None:
        if self._breaks:
            self._say("Connected again.")
        self._breaks = 0

    def _pause(self, reason: str) -> None:
        if not self._breaks:
            self._say(f"{reason} Trying again until it is back.")
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._breaks)
        self._breaks += 1
        self._sleep(longest * self._chance())


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest

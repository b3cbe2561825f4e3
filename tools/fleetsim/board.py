"""One simulated board: the real agent on simulated ground, in this process. Its flash and its place outlive its starts.

Nothing of the agent is done again here: a start is a new Board with new drivers, given to a new Agent.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Callable

from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.board import Board
from henge_agent.credential import Credential
from henge_agent.drivers.driver import Driver
from henge_agent.drivers.led import Led, Light
from henge_agent.drivers.wifi import Wifi
from henge_agent.memory_storage import MemoryStorage
from henge_agent.trust import tls_context

from fleetsim.clock import Clock
from fleetsim.network import Antenna, Line, Spot

_UID_BYTES = 8


class Chip(MemoryStorage):
    """Storage whose power can fail: at write number `cut_at` of all, and there halfway through where it is `torn`."""

    def __init__(self, fail: Callable[[], None]) -> None:
        super().__init__()
        self._fail = fail
        self._cut_at = 0
        self._is_torn = False

    def cut_at(self, write: int, torn: bool = False) -> None:
        self._cut_at, self._is_torn = write, torn

    def power_returns(self) -> None:
        self._cut_at = 0

    def write(self, place: str, *parts: bytes) -> None:
        data, before = b"".join(parts), self.read(place, 0, 1 << 20)
        if self._cut_at == self.writes + 1 and self._is_torn:
            super().write(place, data[: len(data) // 2] + before[len(data) // 2 :])
            self._cut_at = self.writes  # what was torn counts, and nothing follows
        self._need_power()
        super().write(place, data)

    def drop(self, place: str) -> None:
        self._need_power()
        super().drop(place)

    def _need_power(self) -> None:
        if self._cut_at and self.writes + 1 >= self._cut_at:
            self._fail()
            raise OSError("no power")


class _Start(Board):
    """What the agent knows of the board in one of its starts."""

    name = "simulated"

    def __init__(self, board: "SimBoard", cause: str) -> None:
        super().__init__()
        self.uid = board.uid
        self.reset_cause = cause
        self.storage = board.flash
        self.antenna = Antenna(board.spot)
        self.line = Line()
        self.wifi = Wifi(self.antenna, board.networks)
        self._board = board

    def ticks_ms(self) -> int:
        return self._board.clock.ticks_ms()

    async def connect(self, host: str, port: int, tls: ssl.SSLContext | None = None):
        ssid = self.antenna.ssid
        to = self._board.spot.way(ssid, host, port)
        near = await self.line.open(to, lambda: self.antenna.carries(ssid))
        return await asyncio.open_connection("127.0.0.1", near, ssl=tls, server_hostname=host if tls else None)

    def rssi(self) -> "int | None":
        return self.wifi.rssi()

    def drivers(self) -> list:
        return self._board.make_drivers()

    def reboot(self) -> None:
        self._board.reboots()


class SimBoard:
    """`networks` are those of its first set-up, (ssid, password) each; `spot` is where it stands. It is off at first.

    `said` is what its agent logged, in all its starts.
    """

    def __init__(
        self,
        credential: Credential,
        address: Address,
        spot: Spot,
        networks: list[tuple[str, str]],
        make_drivers: Callable[[], list[Driver]] = lambda: [Led(Light())],
    ) -> None:
        self.id = credential.device
        self.uid = hashlib.sha256(self.id.encode()).digest()[:_UID_BYTES]
        self.spot = spot
        self.networks = networks
        self.make_drivers = make_drivers
        self.clock = Clock()
        self.flash = Chip(self._power_fails)
        self.said: list[str] = []
        self._credential, self._address = credential, address
        self._tls = tls_context(credential.authorities) if credential.authorities else None
        self._start: _Start | None = None
        self._task: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._former: list[Line] = []  # of starts that are over: their far ends are still open

    @property
    def line(self) -> Line:
        """What carries its connections in this start."""
        assert self._start is not None, f"{self.id} is off"
        return self._start.line

    @property
    def ssid(self) -> str:
        """The Wi-Fi that it is on; empty without one, and without power."""
        return self._start.antenna.ssid if self._start else ""

    @property
    def revisions(self) -> list[str]:
        """What became of each document, as `revision 2 trial`, in the order in which it happened."""
        return [text for text in self.said if text.startswith("revision ")]

    def power_on(self, cause: str = "power") -> None:
        """Starts the agent from what is on flash."""
        assert self._start is None, f"{self.id} is on already"
        self.flash.power_returns()
        self._start = _Start(self, cause)
        agent = Agent(
            self._start,
            self._credential,
            self._address,
            log=lambda level, text: self.said.append(text),
            tls=self._tls,
        )
        self._task = asyncio.create_task(agent.run(), name=self.id)

    async def power_off(self) -> None:
        """At once, in the middle of whatever it does; the server hears nothing of it."""
        self._power_fails()
        if self._task:
            await asyncio.gather(self._task, return_exceptions=True)
        self._start = self._task = None

    async def until_dark(self) -> None:
        """Returns when the power has failed at a write to flash."""
        assert self._task is not None, f"{self.id} is off"
        await asyncio.wait([self._task])
        await self.power_off()

    def reboots(self) -> None:
        """The agent asked for it."""
        self._restarting = asyncio.create_task(self._restart("reset"))

    async def close(self) -> None:
        """Off, and nothing of it is left."""
        if self._restarting:
            await self._restarting
        await self.power_off()
        for line in self._former:
            await line.close()

    async def _restart(self, cause: str) -> None:
        await self.power_off()
        self.power_on(cause)

    def _power_fails(self) -> None:
        if self._start and self._start.line not in self._former:
            self._start.line.die()
            self._former.append(self._start.line)
        if self._task:
            self._task.cancel()

"""The ground that simulated boards stand on: which Wi-Fi there is, what each leads to, and each board's own line.

Addresses here are names of this ground's own; each leads to a real port on this machine's loopback. A connection is
bound to the Wi-Fi that it was made on, as an address from a router is.
"""

import asyncio
import errno
from collections.abc import Callable

from henge_agent.drivers import wifi

from fleetsim.virtual import radio
from fleetsim.virtual.radio import Air, Network, Radio

_LOOK_EVERY_S = 0.01  # while nothing is carried
_PIECE = 4096

_STATES = {
    radio.JOINED: wifi.JOINED,
    radio.NOT_FOUND: wifi.NOT_FOUND,
    radio.WRONG_PASSWORD: wifi.WRONG_PASSWORD,
    radio.LOST: wifi.FAILED,
}


class Ground:
    """The Wi-Fi networks, and the servers that each leads to."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self._ways: dict[tuple[str, str, int], int] = {}

    def add(self, ssid: str, password: str, leads_out: bool = True) -> None:
        """A Wi-Fi; one that does not lead out swallows what is sent there."""
        self.networks[ssid] = Network(password, leads_out=leads_out)

    def lead(self, ssid: str, host: str, port: int, to: int) -> None:
        """From that Wi-Fi, HOST:PORT is what listens at a port of this machine."""
        self._ways[ssid, host, port] = to

    def way(self, ssid: str, host: str, port: int) -> int:
        """Raises OSError where nothing is of that name."""
        if (ssid, host, port) not in self._ways:
            raise OSError(errno.EHOSTUNREACH, "the host cannot be reached")
        return self._ways[ssid, host, port]


class Spot(Air):
    """A place on the ground, from which some networks may be too far away and some hosts not be reached."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.far: set[str] = set()  # networks
        self.hidden: set[str] = set()  # hosts

    @property
    def networks(self) -> dict[str, Network]:  # type: ignore[override]
        return {ssid: network for ssid, network in self._ground.networks.items() if ssid not in self.far}

    def way(self, ssid: str, host: str, port: int) -> int:
        """The port of this machine that is HOST:PORT here. Raises OSError."""
        if host in self.hidden:
            raise OSError(errno.EHOSTUNREACH, "the host cannot be reached")
        return self._ground.way(ssid, host, port)


class Antenna:
    """A board's radio at a spot, in the form that drivers/wifi.py uses."""

    def __init__(self, spot: Spot) -> None:
        self._radio = Radio(spot)
        self._radio.on()
        self._ssid = ""

    def join(self, ssid: str, password: str) -> None:
        self._ssid = ssid
        self._radio.join(ssid, password)

    def leave(self) -> None:
        self._radio.leave()

    def restart(self) -> None:
        self._radio.off()
        self._radio.on()

    def state(self) -> int:
        return _STATES.get(self._radio.state, wifi.JOINING)

    def scan(self) -> list:
        return [(ssid.encode(), rssi) for ssid, rssi in self._radio.scan()]

    def rssi(self) -> "int | None":
        return self._radio.network.rssi if self._radio.network else None

    @property
    def ssid(self) -> str:
        """Of the network that it is on; empty without one."""
        return self._ssid if self._radio.network else ""

    def carries(self, ssid: str) -> bool:
        """Whether a connection that was made on that network still comes through."""
        network = self._radio.network
        return network is not None and self._ssid == ssid and network.leads_out


class Line:
    """Carries the bytes of one board's connections; while it is cut, they wait as lost packets wait to be repeated.

    `delay_s` is for each piece and direction; `piece` is how many bytes there are in one.
    """

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.piece = _PIECE
        self.is_cut = False
        self._is_dead = False
        self._servers: list[asyncio.Server] = []
        self._carried: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []  # at the far end of connections whose board died

    async def open(self, port: int, is_up: Callable[[], bool]) -> int:
        """A port that leads to another one of this machine for one connection, and for as long as `is_up()`."""

        async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.close()
            await self._carry(reader, writer, port, is_up)

        server = await asyncio.start_server(arrived, "127.0.0.1", 0)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    def drop(self) -> None:
        """Every connection ends, and both ends hear of it."""
        for task in self._carried:
            task.cancel()

    def die(self) -> None:
        """The board has no power any more: nothing is carried, and the far ends hear nothing of it."""
        self._is_dead = True
        self.drop()

    async def close(self) -> None:
        """Everything is closed. To be called when the board's agent has ended."""
        self.drop()
        for server in self._servers:
            server.close()
        await asyncio.gather(*self._carried, return_exceptions=True)
        for end in self._ends:
            end.transport.abort()
        await asyncio.sleep(0)  # closed transports are taken out of the loop in its next turn

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, is_up: Callable[[], bool]
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            await self._until(is_up)
            far_reader, far = await asyncio.open_connection("127.0.0.1", port)
            directions = [self._pass_on(reader, far, is_up), self._pass_on(far_reader, writer, is_up)]
            passing = [asyncio.create_task(direction) for direction in directions]
            try:
                await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in passing:
                    one.cancel()
                await asyncio.gather(*passing, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # refused, or cut: the ends hear of it below
        finally:
            self._carried.discard(task)
            writer.transport.abort()
            if far and self._is_dead:
                self._ends.append(far)
            elif far:
                far.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_up: Callable[[], bool]
    ) -> None:
        """One direction, to its end."""
        while data := await reader.read(self.piece):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._until(is_up)
            writer.write(data)
            await writer.drain()
        await self._until(is_up)

    async def _until(self, is_up: Callable[[], bool]) -> None:
        while self.is_cut or self._is_dead or not is_up():
            await asyncio.sleep(_LOOK_EVERY_S)

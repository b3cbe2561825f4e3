"""The ground that simulated boards stand on: which Wi-Fi there is, what each leads to, and each board's own line.

Addresses here are names of this ground's own; each leads to a real port on this machine's loopback. A connection is
bound to the Wi-Fi that it was made on, as an address from a router is.
"""

import asyncio
import errno
from collections.abc import Callable

from henge_agent.drivers import wifi

from fleetsim.carrier import Carrier
from fleetsim.virtual import radio
from fleetsim.virtual.radio import Air, Network, Radio

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


class Line(Carrier):
    """Carries the bytes of one board's connections, except while it is cut."""

    def __init__(self) -> None:
        super().__init__()
        self.is_cut = False
        self._is_dead = False
        self._servers: list[asyncio.Server] = []

    async def open(self, port: int, is_up: Callable[[], bool]) -> int:
        """A port that leads to another one of this machine for one connection, and for as long as `is_up()`."""

        async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.close()
            await self.carry(reader, writer, "127.0.0.1", port, lambda: self._carries() and is_up())

        server = await asyncio.start_server(arrived, "127.0.0.1", 0)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """The board has no power any more, and gets none again."""
        self._is_dead = True
        super().die()

    async def close(self) -> None:
        """Everything is closed. To be called when the board's agent has ended."""
        for server in self._servers:
            server.close()
        await super().close()

    def _carries(self) -> bool:
        return not (self.is_cut or self._is_dead)

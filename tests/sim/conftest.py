"""A real server with TLS in this process, and simulated boards around it: the fixtures of every scenario.

`network` is the ground they stand on: the Wi-Fi `home`, where all of them begin, and whatever a scenario adds.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fleetsim.board import SimBoard
from fleetsim.fleet import Fleet
from fleetsim.network import Ground
from henge_agent import credential_file
from henge_agent.address import Address
from henge_server.server import Server

from tests.server.conftest import client_of, settings_in
from tests.sim.desk import HOME, HUB, NEW_HUB, PASSWORD, Desk
from tests.sim.power import Power


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """Its certificate is also for the two names under which the boards know it."""
    settings = settings_in(tmp_path / "data", tls_names=f"{HUB},{NEW_HUB}")
    async with Server(settings) as found:
        yield found


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(server) as client:
        yield client


@pytest.fixture
async def desk(server: Server, api: httpx.AsyncClient) -> Desk:
    """Where the person sits who configures the boards; their schema is there."""
    found = Desk(server, api)
    await found.begin()
    return found


@pytest.fixture
def network(server: Server) -> Ground:
    """The Wi-Fi `home`, which leads to the server under its first name."""
    ground = Ground()
    ground.add(HOME, PASSWORD)
    ground.lead(HOME, HUB, 8883, port_of(server))
    return ground


def port_of(server: Server) -> int:
    """Where it listens with TLS."""
    return int(server.ready.mqtts.rsplit(":", 1)[1])


@pytest.fixture
async def fleet(network: Ground) -> AsyncIterator[Fleet]:
    """Boards that were set up for the Wi-Fi `home` and the server's first name; none yet."""
    found = Fleet(network, Address(HUB, 8883, True), [(HOME, PASSWORD)])
    yield found
    await found.close()


@pytest.fixture
async def board(fleet: Fleet, desk: Desk) -> SimBoard:
    """The board `porch`, registered, on, and in step with the server."""
    found = fleet.add(credential_file.parse(await desk.register("porch")))
    found.power_on()
    await desk.has("porch", "in_step")
    return found


@pytest.fixture
def power() -> Power:
    return Power()

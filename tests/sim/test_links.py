"""A change gets there over any link, and after every kind of break: the newest one, once, as one piece."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleetsim.board import SimBoard
from fleetsim.fleet import Fleet
from fleetsim.network import Ground, Line
from henge_agent import credential_file
from henge_agent.address import Address
from henge_server.server import Server

from tests.server.conftest import client_of, settings_in
from tests.sim.conftest import port_of
from tests.sim.desk import HOME, HUB, PASSWORD, Desk, joins, says
from tests.sim.power import Power


def one_byte(line: Line) -> None:
    line.piece = 1


def slow(line: Line) -> None:
    line.delay_s = 0.05


@pytest.mark.parametrize("spoil", [one_byte, slow])
async def test_change_is_applied_when_the_link_is_bad(
    desk: Desk, board: SimBoard, spoil: Callable[[Line], None]
) -> None:
    spoil(board.line)
    board.line.drop()  # so that the handshake goes over it, too
    assert await desk.outcome("porch", {"led.brightness": 7}) == ("applied", "")


async def test_change_arrives_when_the_line_is_mended(desk: Desk, board: SimBoard) -> None:
    board.line.is_cut = True
    assert (await desk.set("porch", {"led.brightness": 7}))["sync"] == "pending"
    board.line.is_cut = False
    await desk.has("porch", "in_step")


async def test_newest_change_arrives_when_the_wifi_is_back(desk: Desk, board: SimBoard, network: Ground) -> None:
    away = network.networks.pop(HOME)
    await joins(board, "")
    for brightness in (5, 6, 7):
        await desk.set("porch", {"led.brightness": brightness})
    network.networks[HOME] = away
    await desk.has("porch", "in_step")
    assert (board.ssid, board.revisions[-1]) == (HOME, "revision 4 applied")


async def test_newest_change_arrives_when_the_power_is_back(desk: Desk, board: SimBoard, power: Power) -> None:
    await power.cut(board)
    for brightness in (5, 6, 7):
        await desk.set("porch", {"led.brightness": brightness})
    await power.restore(board)
    await desk.has("porch", "in_step")
    assert board.revisions == ["revision 1 applied", "revision 1 applied", "revision 4 applied"]


async def test_board_finds_the_server_again_when_that_was_restarted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data", tls_names=HUB)
    ground = Ground()
    ground.add(HOME, PASSWORD)
    fleet = Fleet(ground, Address(HUB, 8883, True), [(HOME, PASSWORD)])
    try:
        async with Server(settings) as server, client_of(server) as api:
            ground.lead(HOME, HUB, 8883, port_of(server))
            desk = Desk(server, api)
            await desk.begin()
            fleet.add(credential_file.parse(await desk.register("porch"))).power_on()
            await desk.has("porch", "in_step")
        async with Server(settings) as server, client_of(server) as api:
            ground.lead(HOME, HUB, 8883, port_of(server))
            assert await Desk(server, api).outcome("porch", {"led.brightness": 7}) == ("applied", "")
    finally:
        await fleet.close()


async def test_board_starts_anew_when_it_is_told_to_and_takes_the_next_change(desk: Desk, board: SimBoard) -> None:
    await desk.command("porch", "reboot")
    await says(board, "revision 1 applied", times=2)
    assert await desk.outcome("porch", {"led.brightness": 7}) == ("applied", "")

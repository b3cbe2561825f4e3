"""Ten boards are moved, and one of them cannot follow: it comes back by itself and says why, is not sent that revision
again, and takes the next one.
"""

import asyncio
from typing import Any

import pytest
from fleetsim.board import SimBoard
from fleetsim.fleet import Fleet
from fleetsim.network import Ground
from henge_agent import credential_file
from henge_agent.agent import TRIAL_MS

from tests.sim.conftest import port_of
from tests.sim.desk import HOME, HUB, NEW_HUB, Desk, says

IDS = [f"board-{number}" for number in range(10)]
LOST = "board-7"
TO_THE_ATTIC = {"wifi.ssid": "attic", "wifi.password": "a new password"}
TO_THE_NEW_HUB = {"server.address": f"mqtts://{NEW_HUB}"}


@pytest.fixture
async def ten(fleet: Fleet, desk: Desk, network: Ground) -> Fleet:
    """Ten boards in step with the server, a second Wi-Fi, and a second name for the server on both."""
    network.add("attic", "a new password")
    for ssid in (HOME, "attic"):
        network.lead(ssid, HUB, 8883, port_of(desk.server))
        network.lead(ssid, NEW_HUB, 8883, port_of(desk.server))
    for device in IDS:
        fleet.add(credential_file.parse(await desk.register(device))).power_on()
    await asyncio.gather(*(desk.has(device, "in_step") for device in IDS))
    return fleet


async def move(desk: Desk, values: dict[str, Any], lost: SimBoard, reason: str) -> None:
    """Asserts that nine confirm it, and that the time of the lost one passes for that reason."""
    asked = {device: asyncio.create_task(desk.outcome(device, values)) for device in IDS}
    await says(lost, reason)
    lost.clock.jump(TRIAL_MS)
    outcomes = {device: await task for device, task in asked.items()}
    assert outcomes.pop(lost.id) == ("rolled_back", reason)
    assert set(outcomes.values()) == {("confirmed", "")}


async def is_back(desk: Desk, board: SimBoard, reason: str) -> None:
    """Asserts that a board is where it was, says why, is not sent that revision again, and takes the next one."""
    await desk.is_(board.id, "online")
    config = await desk.config(board.id)
    assert (config["sync"], config["reported"]["errors"]) == ("rolled_back", {"": ["not_confirmed", reason]})
    answer = await desk.set(board.id, {"wifi.ssid": None, "wifi.password": None, "server.address": None}, 60)
    assert (answer["outcome"]["state"], answer["sync"]) == ("applied", "in_step")
    assert board.revisions == ["revision 1 applied", "revision 2 trial", "revision 2 rolled_back", "revision 3 applied"]
    assert board.ssid == HOME


async def test_fleet_moves_to_a_new_wifi_and_the_board_that_is_out_of_its_range_stays(desk: Desk, ten: Fleet) -> None:
    ten[LOST].spot.far.add("attic")
    reason = "the Wi-Fi 'attic' is not in range"
    await move(desk, TO_THE_ATTIC, ten[LOST], reason)
    assert {board.ssid for board in ten if board.id != LOST} == {"attic"}
    await is_back(desk, ten[LOST], reason)


async def test_fleet_moves_to_a_new_address_and_the_board_that_cannot_reach_it_stays(desk: Desk, ten: Fleet) -> None:
    ten[LOST].spot.hidden.add(NEW_HUB)
    reason = f"cannot connect to {NEW_HUB}:8883: the host cannot be reached"
    await move(desk, TO_THE_NEW_HUB, ten[LOST], reason)
    for board in ten:
        assert (f"connected to {NEW_HUB}:8883, with TLS" in board.said) is (board.id != LOST)
    await is_back(desk, ten[LOST], reason)


async def test_board_that_moved_stays_there_when_its_power_fails_and_the_old_wifi_is_gone(
    desk: Desk, ten: Fleet, network: Ground
) -> None:
    board = ten["board-0"]
    assert await desk.outcome(board.id, TO_THE_ATTIC) == ("confirmed", "")
    del network.networks[HOME]
    await board.power_off()
    board.power_on()
    answer = await desk.set(board.id, {"led.brightness": 7}, 60)
    assert (answer["outcome"]["state"], board.ssid) == ("applied", "attic")

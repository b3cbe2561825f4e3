"""One board on trial: what a broker that lets everybody in proves, and what a power cut leaves."""

import asyncio
from pathlib import Path

import pytest
from fleetsim.board import SimBoard
from fleetsim.network import Ground
from henge_agent.agent import TRIAL_MS

from tests.server.outside import brokers
from tests.sim.conftest import port_of
from tests.sim.desk import HOME, HUB, NEW_HUB, Desk, says
from tests.sim.power import Power

TO_THE_ATTIC = {"wifi.ssid": "attic", "wifi.password": "a new password"}


async def test_broker_that_lets_everybody_in_proves_nothing(
    desk: Desk, board: SimBoard, network: Ground, mosquitto: Path, tmp_path: Path
) -> None:
    stranger = brokers.mosquitto(mosquitto, tmp_path / "stranger")
    await stranger.start()
    network.lead(HOME, NEW_HUB, 1883, stranger.port)
    asked = asyncio.create_task(desk.outcome("porch", {"server.address": f"mqtt://{NEW_HUB}"}))
    await stranger.says("Sending SUBACK to porch")  # it is let in, and may have its document
    board.clock.jump(TRIAL_MS)
    assert await asked == ("rolled_back", f"connected to {NEW_HUB}:1883, but no signed document came")
    await stranger.stop()
    await desk.is_("porch", "online")
    assert board.revisions[1:] == ["revision 2 trial", "revision 2 rolled_back"]


async def test_power_that_fails_during_the_trial_ends_it(
    desk: Desk, board: SimBoard, network: Ground, power: Power
) -> None:
    network.add("attic", "a new password", leads_out=False)
    await desk.set("porch", TO_THE_ATTIC)
    await desk.has("porch", "trial")
    await power.cut(board)
    await power.restore(board)
    await desk.has("porch", "rolled_back")
    why = (await desk.config("porch"))["reported"]["errors"][""]
    assert why == ["not_confirmed", "the board started again during the trial (power)"]
    assert board.ssid == HOME
    assert (await desk.outcome("porch", dict.fromkeys(TO_THE_ATTIC)))[0] == "applied"


@pytest.mark.parametrize("torn", [False, True], ids=["clean", "torn"])
@pytest.mark.parametrize("write", [1, 2])
async def test_power_that_fails_at_a_write_of_the_trial_leaves_it_decided(
    desk: Desk, board: SimBoard, network: Ground, power: Power, write: int, torn: bool
) -> None:
    network.add("attic", "a new password")
    network.lead("attic", HUB, 8883, port_of(desk.server))
    board.flash.cut_at(board.flash.writes + write, torn)
    await desk.set("porch", TO_THE_ATTIC)
    await board.until_dark()
    await power.restore(board)
    answer = await desk.set("porch", {}, 60)
    state, ssid = answer["outcome"]["state"], board.ssid
    assert (state, ssid) in [("confirmed", "attic"), ("rolled_back", HOME)]
    assert (await desk.set("porch", {"led.brightness": 7}, 60))["reported"]["state"] in ("applied", "confirmed")


@pytest.mark.parametrize("torn", [False, True], ids=["clean", "torn"])
@pytest.mark.parametrize("write", [2, 3])
async def test_power_that_fails_while_it_is_taken_back_leaves_it_taken_back(
    desk: Desk, board: SimBoard, network: Ground, power: Power, write: int, torn: bool
) -> None:
    board.flash.cut_at(board.flash.writes + write, torn)
    await desk.set("porch", TO_THE_ATTIC)
    await says(board, "the Wi-Fi 'attic' is not in range")
    board.clock.jump(TRIAL_MS)
    await board.until_dark()
    await power.restore(board)
    await desk.has("porch", "rolled_back")
    assert board.ssid == HOME
    assert (await desk.outcome("porch", dict.fromkeys(TO_THE_ATTIC)))[0] == "applied"

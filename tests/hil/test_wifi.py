"""The Wi-Fi goes and comes back, and a wrong one is taken back by itself."""

import pytest
from fleetsim.virtual import Air
from fleetsim.virtual.radio import NOT_FOUND

from tests.hil.boards import Board, Virtual, until
from tests.hil.relay import Relay
from tests.hil.server import Device

pytestmark = pytest.mark.needs("air")


def test_a_board_goes_on_without_wifi_and_is_back_with_it(device: Device, board: Board, network: Air) -> None:
    assert isinstance(board, Virtual)
    shown = board.pins()
    network.remove("home")
    until("it looks for it", lambda: board.board.around.radio.state == NOT_FOUND)
    assert board.pins() == shown
    network.add(*Virtual.wifi)
    device.wait_in_step()
    assert device.set(led__on=False)["state"] == "applied"


@pytest.mark.slow
def test_a_changed_password_is_a_reason_that_the_console_names(device: Device, board: Board, network: Air) -> None:
    assert isinstance(board, Virtual)
    network.add("home", "another one")
    until("it says so", lambda: "does not take the password" in board.board.heard)
    network.add(*Virtual.wifi)
    device.wait_in_step()
    assert device.set(led__on=False)["state"] == "applied"


@pytest.mark.virtual(speed=6)
def test_a_move_to_a_network_that_works_is_confirmed(device: Device, network: Air) -> None:
    network.add("garden", "tomatoes")
    assert device.set(wifi__ssid="garden", wifi__password="tomatoes")["state"] == "confirmed"


@pytest.mark.slow
@pytest.mark.virtual(speed=6)
def test_a_network_that_is_not_there_is_taken_back_with_the_reason_and_never_tried_again(
    device: Device, board: Board, power: Relay
) -> None:
    assert isinstance(board, Virtual)
    outcome = device.set(wifi__ssid="nowhere", wifi__password="whatever")
    assert outcome["state"] == "rolled_back"
    assert "'nowhere' is not in range" in outcome["errors"][""][1]
    before = device.connection
    power.off()
    tried = board.board.around.radio.tried.count("nowhere")
    power.on()
    until("it is back", lambda: device.connection not in (None, before))
    device.wait_online()
    assert device.config["sync"] == "rolled_back"
    assert board.board.around.radio.tried.count("nowhere") == tried > 0

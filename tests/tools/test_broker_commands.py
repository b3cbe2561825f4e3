"""The broker's clients on the command line: listed, shown, disconnected."""

import itertools
import os
import subprocess
import sys

import pytest

from tests.tools.conftest import StartBoard

_numbers = itertools.count(1)


@pytest.fixture
def board(start_board: StartBoard) -> str:
    """The id of a device that is connected."""
    name = f"garage-{next(_numbers)}"
    start_board(name, "lamp").until(state="applied")
    return name


def test_connected_board_is_in_the_list_and_shown(fleetctl, board):
    heading, *lines = fleetctl("broker", "clients", "--state", "connected").out.splitlines()
    assert heading.split()[:4] == ["CLIENT", "STATE", "ADDRESS", "TLS"]
    assert [board, "connected"] in [line.split()[:2] for line in lines]
    shown = fleetctl("broker", "show", board).out
    assert f"henge/v1/{board}/desired (QoS 1)" in shown
    assert "MQTT 3.1.1" in shown
    assert fleetctl("broker", "show", board, "-o", "json").json["user"] == board


def test_connection_has_ended_when_that_is_confirmed(fleetctl, board):
    before = fleetctl("broker", "show", board, "-o", "json").json
    result = fleetctl("broker", "disconnect", board, "--yes")
    assert (result.code, result.out) == (0, f"{board} is disconnected. It may come back at once.\n")
    after = fleetctl("broker", "show", board, "-o", "json")
    assert after.code == 1 or after.json["address"] != before["address"]


def test_client_stays_when_nobody_can_be_asked(fleetctl, board):
    result = fleetctl("broker", "disconnect", board)
    assert (result.code, "--yes" in result.err) == (2, True)


def test_it_says_what_there_is_when_a_client_is_not_there(fleetctl):
    result = fleetctl("broker", "show", "nobody")
    assert (result.code, "`fleetctl broker clients`" in result.err) == (1, True)


def test_nobody_is_said_to_be_there_when_nobody_is(fleetctl):
    assert fleetctl("broker", "clients", "--state", "away").out == "No client is away.\n"


def test_client_ids_are_completed(fleetctl, board):
    asked = {
        "_FLEETCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": f"fleetctl broker show {board[:-1]}",
        "COMP_CWORD": "3",
    }
    argv = [sys.executable, "-m", "fleetctl"]
    found = subprocess.run(argv, env=os.environ | asked, capture_output=True, text=True, timeout=60, check=False)
    assert board in found.stdout.split()

"""Commands to a board: sent, kept for one that is away, and said in words what came of them."""

import re

import pytest
from fleetctl import answered
from fleetctl.errors import NotTaken, Partly


def order(state: str, name: str = "identify", **fields) -> dict:
    at, over = "2026-01-31T12:00:00.123Z", "2026-01-31T12:01:00.123Z"
    return {
        "id": "1-a",
        "device": "porch",
        "name": name,
        "state": state,
        "args": {},
        "result": None,
        "sent_at": None,
    } | {
        "at": at,
        "expires_at": over,
        **fields,
    }


def test_it_is_kept_and_said_when_the_board_is_away(fleetctl, lamp):
    result = fleetctl("device", "identify", lamp, "--ttl", "2m")
    assert result.code == 3
    assert f"{lamp} is not connected: identify is kept, and sent if it connects within 120 s" in result.err
    listed = fleetctl("device", "commands", lamp).out
    assert re.search(r"admin +identify +waiting", listed)


def test_the_whole_command_is_said_when_json_is_asked_for(fleetctl, lamp):
    result = fleetctl("device", "read", lamp, "--config", "-o", "json")
    assert (result.code, result.json["state"], result.json["args"]) == (3, "waiting", {"what": "config"})


def test_it_has_failed_when_the_board_did_not_connect_in_time(fleetctl, lamp):
    result = fleetctl("device", "reboot", lamp, "--ttl", "1s", "--wait", "30s")
    assert (result.code, "did not connect within 1 s" in result.err) == (1, True)


@pytest.mark.parametrize("flag", [("--wait", "2m"), ("--ttl", "5h"), ("--wait", "soon")])
def test_it_is_usage_when_a_time_is_too_long_or_none(fleetctl, lamp, flag):
    assert fleetctl("device", "identify", lamp, *flag).code == 2


def test_nothing_was_told_to_a_new_device(fleetctl, lamp):
    assert fleetctl("device", "commands", lamp).out == f"{lamp} was told to do nothing lately.\n"


def test_it_is_done_when_the_board_says_so():
    assert answered.sentence(order("done"), "online") == "porch is showing itself"
    assert answered.sentence(order("done", "reboot"), "offline") == "porch restarts"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (order("failed", result="there is no light"), "porch did not identify: there is no light."),
        (order("failed", result={"a": 1}), "it does not say why"),
        (order("expired"), "it did not connect within 60 s"),
        (order("expired", sent_at="2026-01-31T12:00:00.123Z"), "it gave no answer within 60 s"),
    ],
)
def test_it_is_not_taken_when_the_board_could_not_or_did_not_answer(command, words):
    with pytest.raises(NotTaken, match=re.escape(words)):
        answered.sentence(command, "online")


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("waiting", "offline", "is not connected"),
        ("waiting", "sleeping", "is asleep"),
        ("sent", "online", "not answered yet"),
    ],
)
def test_it_is_partly_done_when_the_answer_is_open(state, status, words):
    with pytest.raises(Partly, match=words):
        answered.sentence(order(state), status)


def test_a_board_does_what_it_is_told_and_its_answer_is_shown(fleetctl, start_board):
    start_board("hall", "lamp").until(state="applied")
    assert fleetctl("device", "identify", "hall").out == "hall is showing itself\n"
    assert fleetctl("device", "read", "hall").code == 0
    stored = fleetctl("device", "read", "hall", "--config").out
    assert "hall has revision 1 stored, as this server made it" in stored
    assert "led.brightness" in stored
    assert re.search(r"identify +done", fleetctl("device", "commands", "hall").out)

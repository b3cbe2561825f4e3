"""--wait: what the board made of a revision decides the answer and the exit code."""

import re
import signal

import pytest
from fleetctl import outcome
from fleetctl.errors import NotTaken, Partly

from tests.tools.program import Program

PICKY = "name: picky\nsettings:\n  server.address: {type: string, default: '', risky: true}\n"


def answer(state: str, changed: bool = True, errors: dict[str, list[str]] | None = None) -> dict:
    found = {"rev": 8, "state": state, "errors": errors or {}, "waited_ms": 12.4, "changed": changed}
    return {"device": "porch", "outcome": found, "sync": "pending"}


AHEAD = {"id": "porch", "schema": {"name": "lamp", "version": 1}, "reported_rev": 7, "desired_rev": 8}


def test_it_says_how_long_it_took_when_a_board_applies(fleetctl, start_board):
    board = start_board("prompt", "lamp")
    board.until(state="applied")
    result = fleetctl("config", "set", "prompt", "led.color=#00ff00", "--wait", "30s")
    assert result.code == 0
    assert re.match(r"applied in \d+ ms", result.out)
    assert board.until(rev=2)["led"]["g"] > 0
    assert fleetctl("config", "diff", "prompt").code == 0


def test_the_reasons_are_listed_when_a_board_refuses(fleetctl, start_board, tmp_path):
    (tmp_path / "picky.yaml").write_text(PICKY)
    fleetctl("schema", "apply", str(tmp_path / "picky.yaml"))
    start_board("picky", "picky").until(state="applied")
    result = fleetctl("config", "set", "picky", "server.address=nonsense", "--wait", "30s")
    assert result.code == 1
    assert "picky refused revision 2" in result.err
    assert "server.address: " in result.err
    assert "`fleetctl config unset picky server.address`" in result.err
    assert "rejected" in fleetctl("config", "get", "picky").out


def test_it_is_partly_done_when_the_board_is_away(fleetctl, lamp):
    result = fleetctl("config", "set", lamp, "led.on=false", "--wait", "10ms")
    assert result.code == 3
    assert f"Revision 2 is stored; {lamp} has not answered" in result.err


def test_the_whole_answer_is_said_when_json_is_asked_for_and_the_board_is_away(fleetctl, lamp):
    result = fleetctl("config", "set", lamp, "led.on=false", "--wait", "10ms", "-o", "json")
    assert (result.code, result.json["outcome"]["state"]) == (3, "pending")


def test_it_is_said_that_the_change_goes_on_when_the_waiting_is_interrupted(fleetctl, lamp):
    with Program("config", "set", lamp, "led.brightness=7", "--wait", "60s") as setting:
        while fleetctl("config", "get", lamp, "led.brightness").out != "7\n":
            pass  # stored: the waiting has begun
        assert setting.end(signal.SIGINT) == 130
    assert f"`fleetctl config history {lamp}`" in "".join(setting.said)


def test_both_revisions_and_the_way_out_are_said_when_a_board_is_ahead():
    with pytest.raises(Partly) as error:
        outcome.held(answer("pending"), AHEAD, 1)
    assert error.value.detail == "Revision 8 is stored, and held. " + outcome.ahead(AHEAD)
    for part in ("runs a revision 7 that", "newest here is 8", "`fleetctl device add porch --schema lamp --out FILE`"):
        assert part in outcome.held(answer("pending"), AHEAD, 0)


@pytest.mark.parametrize("state", ["applied", "confirmed"])
def test_it_is_done_when_the_board_took_it(state):
    assert outcome.sentence(answer(state), 5) == f"{state} in 12 ms (revision 8)"


@pytest.mark.parametrize("state", ["rejected", "rolled_back"])
def test_it_failed_when_the_board_did_not_take_it(state):
    with pytest.raises(NotTaken) as error:
        outcome.sentence(answer(state, errors={"led.on": ["driver_failed", "the pin is gone"]}), 5)
    assert [str(problem) for problem in error.value.problems] == ["led.on: the pin is gone"]


def test_it_says_why_and_how_to_try_again_when_a_trial_was_taken_back():
    why = {"": ["not_confirmed", "the network attic was not found"]}
    with pytest.raises(NotTaken) as error:
        outcome.sentence(answer("rolled_back", errors=why), 5)
    assert error.value.detail == "porch took revision 8 back after its trial and goes on with the one before:"
    assert [str(problem) for problem in error.value.problems] == ["the network attic was not found"]
    assert "`fleetctl config rollback porch 8`" in error.value.todo


def test_it_says_how_long_a_trial_may_take_when_the_wait_was_shorter():
    with pytest.raises(Partly, match="within two minutes"):
        outcome.sentence(answer("trial"), 5)


@pytest.mark.parametrize("state", ["pending", "trial", "superseded"])
def test_it_is_partly_done_when_the_board_has_not_decided(state):
    with pytest.raises(Partly):
        outcome.sentence(answer(state), 5)


def test_it_is_done_when_nobody_wanted_to_wait():
    assert outcome.sentence(answer("pending"), 0).startswith("stored as revision 8")
    assert outcome.sentence(answer("pending", changed=False), 0).startswith("nothing to change")

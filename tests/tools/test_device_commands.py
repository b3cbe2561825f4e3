"""Devices: registered, shown, labelled, removed; a credential leaves the server once, and goes where it was told to."""

import json
from pathlib import Path

from fleetctl.context import Context, Contexts

from tests.tools.stub import Stub


def test_the_credential_is_said_once_when_a_device_is_added(fleetctl):
    result = fleetctl("device", "add", "attic", "--schema", "lamp", "--label", "room=roof")
    assert result.code == 0
    assert "password" in result.out
    assert "device rotate attic" in result.out
    shown = fleetctl("device", "show", "attic")
    assert "room=roof" in shown.out
    assert "password" not in shown.out


def test_the_answer_is_whole_when_json_is_asked_for(fleetctl):
    added = fleetctl("device", "add", "cellar", "-o", "json").json
    assert set(added["credential"]) == {"username", "password", "config_key", "ca"}


def test_the_credential_is_in_a_private_file_when_one_is_named(fleetctl, tmp_path: Path):
    path = tmp_path / "gate.json"
    result = fleetctl("device", "add", "gate", "--out", str(path))
    credential = json.loads(path.read_text())["credential"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert credential["username"] == "gate"
    assert credential["password"] not in result.out
    assert next(iter(credential)) == "ca"  # a file that is cut off loses the password before it loses the CA
    assert credential["ca"].startswith("-----BEGIN CERTIFICATE-----")
    assert [*tmp_path.glob(".gate*")] == []


def test_nothing_is_registered_when_the_file_is_there_already(fleetctl, tmp_path: Path):
    path = tmp_path / "other.json"
    path.write_text("another's")
    assert fleetctl("device", "add", "fence", "--out", str(path)).code == 1
    assert path.read_text() == "another's"
    assert fleetctl("device", "show", "fence").code == 1


def test_nothing_is_registered_when_the_file_cannot_be_written(fleetctl, tmp_path: Path):
    result = fleetctl("device", "add", "fence", "--out", str(tmp_path / "no" / "where.json"))
    assert (result.code, "Nothing was asked" in result.err) == (1, True)
    assert fleetctl("device", "show", "fence").code == 1


def test_no_file_is_left_when_the_server_refuses(fleetctl, lamp, tmp_path: Path):
    assert fleetctl("device", "add", lamp, "--out", str(tmp_path / "x.json")).code == 1
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_the_file_is_replaced_when_the_credential_is_rotated(fleetctl, lamp, tmp_path: Path):
    path = tmp_path / "lamp.json"
    fleetctl("device", "rotate", lamp, "--out", str(path))
    first = json.loads(path.read_text())
    assert fleetctl("device", "rotate", lamp, "--out", str(path)).code == 0
    assert json.loads(path.read_text())["credential"] != first["credential"]


def test_labels_are_merged_when_some_are_given(fleetctl, lamp):
    fleetctl("device", "label", lamp, "room=kitchen", "floor=1")
    result = fleetctl("device", "label", lamp, "floor-", "kind=lamp")
    assert result.out == f"{lamp}: kind=lamp, room=kitchen\n"


def test_the_list_is_narrowed_when_filters_are_given(fleetctl, lamp):
    fleetctl("device", "label", lamp, f"only={lamp}")
    assert fleetctl("device", "list", "--label", f"only={lamp}", "-o", "name").out == f"{lamp}\n"
    assert fleetctl("device", "list", "--label", f"only={lamp}", "--status", "online").out == "No device fits.\n"
    assert (
        fleetctl("device", "list", "--sync", "pending", "--label", f"only={lamp}", "-o", "json").json[0]["id"] == lamp
    )


def test_a_way_out_is_named_wherever_a_device_has_no_schema(fleetctl):
    way_out = "`fleetctl device change shed --schema NAME`"
    said = [fleetctl("device", "add", "shed").out]
    said += [fleetctl("config", "get", "shed").out, fleetctl("config", "get", "shed", "led.on").err]
    said += [fleetctl("config", "set", "shed", "led.on=true").err]
    assert [way_out in text for text in said] == [True] * 4
    assert way_out not in fleetctl("device", "add", "barn", "--schema", "lamp").out


def test_it_has_the_settings_of_a_schema_when_it_was_put_under_it(fleetctl):
    fleetctl("device", "add", "pond")
    result = fleetctl("device", "change", "pond", "--schema", "lamp", "--name", "Pond light")
    assert result.out.startswith("pond is named Pond light and is under lamp ")
    assert fleetctl("config", "set", "pond", "led.on=off").code == 0
    assert fleetctl("device", "change", "pond", "--name", "").out == "pond is named nothing\n"


def test_it_is_usage_when_nothing_is_to_change(fleetctl, lamp):
    assert fleetctl("device", "change", lamp).code == 2


def test_it_is_refused_when_a_label_is_no_pair(fleetctl, lamp):
    assert fleetctl("device", "label", lamp, "kitchen").code == 2


def test_a_device_stays_when_nobody_can_be_asked(fleetctl, lamp):
    result = fleetctl("device", "remove", lamp)
    assert (result.code, "--yes" in result.err) == (2, True)
    assert fleetctl("device", "show", lamp).code == 0


def test_a_device_is_gone_when_its_removal_is_confirmed(fleetctl, lamp):
    assert fleetctl("device", "remove", lamp, "--yes").code == 0
    result = fleetctl("device", "show", lamp)
    assert (result.code, "device list" in result.err) == (1, True)


def test_an_id_cannot_reach_another_route_when_it_holds_slashes(fleetctl):
    result = fleetctl("device", "show", "../schemas/lamp")
    assert (result.code, result.out) == (1, "")


def test_what_is_wrong_with_a_board_stands_beside_its_status(alone):
    device = {
        "id": "porch",
        "name": "",
        "labels": {},
        "schema": None,
        "status": "online",
        "sync": "in_step",
        "board": "",
    }
    device |= {
        "desired_rev": 1,
        "reported_rev": 1,
        "last_heard_at": None,
        "created_at": None,
        "agent": "",
        "runtime": "",
    }
    device |= {"credential_pending": True, "replacing": True, "safe": True, "found": "slot-1 was damaged", "rssi": -61}
    with Stub((200, "application/json", json.dumps({"items": [device], "next_cursor": None}))) as stub:
        Contexts().put(Context("home", stub.url, "t"), current_if_none=True)
        assert "online, safe mode, flash: slot-1 was damaged" in alone("device", "list").out
    with Stub((200, "application/json", json.dumps(device))) as stub:
        Contexts().put(Context("home", stub.url, "t"), current_if_none=True)
        shown = alone("device", "show", "porch").out
    assert [part in shown for part in ("safe mode", "slot-1 was damaged", "-61 dBm", "a new board")] == [True] * 4

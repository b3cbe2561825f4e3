"""The checkup: each fault is found, and said with what to do."""

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from fleetctl.checkup import Checkup
from fleetctl.context import Context, Contexts
from fleetctl.finding import Level
from fleetctl.ports import MQTT_PORT, address


def findings(ahead: timedelta = timedelta(0), micropython: str | None = "/bin/micropython") -> dict:
    """The worst finding of each subject."""
    order = list(Level)
    found = {}
    for finding in Checkup(None, lambda: datetime.now(UTC) + ahead, lambda: micropython).run():
        before = found.get(finding.subject)
        if before is None or order.index(finding.level) >= order.index(before.level):
            found[finding.subject] = finding
    return found


def test_nothing_fails_when_all_is_well(fleetctl, lamp):
    assert {finding.level for finding in findings().values()} <= {Level.OK, Level.WARN}
    assert fleetctl("doctor").code == 0


@pytest.mark.parametrize(("form", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_the_findings_are_one_list_when_a_script_reads(fleetctl, form, read):
    assert {"level": "ok", "subject": "token", "text": "is accepted", "todo": ""} in read(
        fleetctl("doctor", "-o", form).out
    )


def test_it_fails_when_others_can_read_the_tokens(fleetctl):
    Contexts().path.chmod(0o644)
    assert findings()["context file"].level is Level.FAIL
    assert "chmod 600" in findings()["context file"].todo
    assert fleetctl("doctor").code == 1


def test_it_fails_when_no_server_is_known(alone):
    result = alone("doctor")
    assert (result.code, "fleetctl up" in result.out) == (1, True)


def test_it_fails_when_the_token_is_wrong(server, home):
    Contexts().put(Context("home", server.server, "wrong", server.mqtt), current_if_none=True)
    assert findings()["token"].level is Level.FAIL


def test_it_fails_when_neither_port_can_be_reached(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        Contexts().put(Context("home", f"http://127.0.0.1:{port}", "t", f"0.0.0.0:{port}"), current_if_none=True)
        assert findings()["server"].level is Level.FAIL
        Contexts().put(Context("home", "http://127.0.0.1:1", "t", f"0.0.0.0:{port}"))
        assert "mqtt" not in findings()  # the server comes first


def test_it_fails_when_only_the_broker_cannot_be_reached(server, home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mqtt = f"127.0.0.1:{taken.getsockname()[1]}"
        Contexts().put(Context("home", server.server, server.token, mqtt), current_if_none=True)
        assert findings()["mqtt"].level is Level.FAIL


def test_it_warns_when_the_clocks_differ(fleetctl):
    assert findings(ahead=timedelta(hours=1))["clock"].level is Level.WARN
    assert findings()["clock"].level is Level.OK


def test_it_warns_when_a_device_never_connected(fleetctl, lamp):
    found = [finding for finding in Checkup(None, lambda: datetime.now(UTC)).run() if finding.subject == "devices"]
    assert any("never connected" in finding.text and finding.todo for finding in found)


def test_it_warns_when_micropython_is_not_there(fleetctl):
    assert findings(micropython=None)["micropython"].level is Level.WARN


@pytest.mark.parametrize(
    ("listening", "found"),
    [
        ("", ("fleet.example", 1883)),
        ("0.0.0.0:1884", ("fleet.example", 1884)),
        ("[::]:1884", ("fleet.example", 1884)),
        ("10.0.0.1:1885", ("10.0.0.1", 1885)),
    ],
)
def test_the_broker_is_looked_for_where_boards_find_it(listening, found):
    assert address(Context("home", "https://fleet.example", "t"), listening, MQTT_PORT) == found

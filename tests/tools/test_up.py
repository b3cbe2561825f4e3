"""`fleetctl up`: says when it is ready, is remembered, ends when asked to, and says why it cannot start."""

import json
import signal
import socket
from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts

from tests.tools.program import FREE, Program


def ready(line: str) -> bool:
    return line.startswith("henge is ready at http://127.0.0.1:")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_remembered_and_ends_well_when_it_is_stopped(home: Path, alone, number):
    with Program("up", "--data", "data", *FREE) as up:
        url = up.until(ready).split()[-1]
        context = Contexts().find()
        assert (context.name, context.server) == ("local", url)
        assert context.token == (home / "data" / "admin-token").read_text().strip()
        assert alone("device", "list").code == 0
        assert up.end(number) == 0


def test_another_context_stays_current_when_there_is_one(home: Path):
    Contexts().put(Context("office", "http://127.0.0.1:1", "t"), current_if_none=True)
    with Program("up", "--data", "data", *FREE) as up:
        up.until(ready)
        assert (Contexts().current(), Contexts().names()) == ("office", ["local", "office"])
        up.until(lambda line: "without --context local, fleetctl speaks to the context office" in line)


def test_nothing_is_remembered_when_it_should_not_be(home: Path):
    with Program("-o", "json", "up", "--no-remember", "--data", "data", *FREE) as up:
        assert json.loads(up.until(lambda line: line.startswith("{")))["data"] == str(home / "data")
    assert Contexts().names() == []


def test_it_goes_on_when_the_context_cannot_be_written(home: Path):
    (home / "config").write_text("in the way")
    with Program("up", "--data", "data", *FREE) as up:
        up.until(lambda line: "warning: the context local was not written" in line)
        up.until(ready)


@pytest.mark.parametrize("option", ["--http", "--mqtt"])
def test_it_says_what_to_do_when_a_port_is_in_use(home: Path, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with Program("up", "--data", "data", *FREE, option, address) as up:
            assert up.wait() == 1
    assert any(f"{option} HOST:PORT" in line for line in up.said)
    assert Contexts().names() == []


def test_it_is_refused_when_a_second_server_wants_the_same_folder(home: Path):
    with Program("up", "--data", "data", *FREE) as first:
        first.until(ready)
        with Program("up", "--data", "data", *FREE) as second:
            assert second.wait() == 1
        assert any("error: " in line for line in second.said)
        assert first.end() == 0


@pytest.mark.parametrize(("text", "said"), [("htp = 1", "is `http` meant?\n"), ("http = [", "henge.toml")])
def test_it_is_usage_when_the_settings_file_is_wrong(home: Path, text, said):
    (home / "data").mkdir()
    (home / "data" / "henge.toml").write_text(text)
    with Program("up", "--data", "data", *FREE) as up:
        assert up.wait() == 2
    assert said in "".join(up.said)
    assert "".join(up.said).count("cannot be read") <= 1


@pytest.mark.parametrize("address", ["8470", "localhost:", "127.0.0.1:99999"])
def test_it_is_usage_when_an_address_is_none(home: Path, address):
    with Program("up", "--data", "data", "--http", address) as up:
        assert up.wait() == 2
    assert any("is not HOST:PORT" in line for line in up.said)

"""`fleetctl broker export mosquitto`: its files, what a second time changes, and the way of docs/broker.md."""

import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fleetctl import mosquitto as files
from henge_server.certificates.authority import Authority

from tests.ports import free_port
from tests.tools.board import AgentBoard
from tests.tools.commandline import CommandLine
from tests.tools.conftest import LAMP
from tests.tools.program import FREE, Program

CREDENTIAL = '{"credential": {"username": "porch", "password": "%s", "config_key": ""}}'


def test_password_line_is_the_one_that_mosquitto_passwd_writes():
    """That of mosquitto 2.0.21 wrote this one for `porch` and `word`."""
    line = (
        "porch:$7$101$wYkgZ5PyVYS1fWfQ$IFfsN8SHIq4N1ZT6XnXRE0bsKHRttqunk1NWElOTmAd2gp3knTp9UIky40DPsZmcUD8+"
        "amUm8A5Eu4y9EJ/VJQ==\n"
    )
    salt = bytes.fromhex("c189206793f25584b57d67d0")
    assert files.with_passwords("", {"porch": "word"}, [salt]) == line


def test_every_file_is_its_owners_alone(home: Path, alone: CommandLine):
    answer = alone("-o", "json", "broker", "export", "mosquitto", "--out", "mq").json
    assert answer["written"] == ["mosquitto.conf", "acl", "henge-server-password", "passwords"]
    assert [path.name for path in (home / "mq").iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert (home / "mq" / "henge-server-password").read_text().strip() not in (home / "mq" / "passwords").read_text()


def test_devices_are_added_and_all_else_stays_when_it_is_there_already(home: Path, alone: CommandLine):
    alone("broker", "export", "mosquitto", "--out", "mq")
    (home / "mq" / "acl").write_text("# mine\n")
    before = (home / "mq" / "passwords").read_text()
    (home / "porch.json").write_text(CREDENTIAL % "one")
    answer = alone("-o", "json", "broker", "export", "mosquitto", "--out", "mq", "--credential", "porch.json").json
    assert (answer["written"], answer["devices"]) == (["passwords"], ["porch"])
    after = (home / "mq" / "passwords").read_text()
    assert after.startswith(before + "porch:$7$")
    assert (home / "mq" / "acl").read_text() == "# mine\n"


def test_another_password_takes_the_place_of_the_one_before(home: Path, alone: CommandLine):
    for password in ("one", "two"):
        (home / "porch.json").write_text(CREDENTIAL % password)
        alone("broker", "export", "mosquitto", "--out", "mq", "--credential", "porch.json")
    users = [line.partition(":")[0] for line in (home / "mq" / "passwords").read_text().splitlines()]
    assert users == ["henge_server", "porch"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--credential", "none.json"], 1, "none.json cannot be read"),
        (["--credential", "bad.json"], 1, "bad.json is no credential"),
        (["--listen", "1883"], 2, "expected HOST:PORT"),
        (["--cert", "bad.json"], 2, "--cert and --key go together"),
        (["--cert", "none.pem", "--key", "bad.json"], 2, "There is no file none.pem"),
        (["--cert", "bad.json", "--key", "bad.json"], 2, "bad.json and bad.json are no certificate and its key"),
        (["--out", "bad.json"], 1, "bad.json cannot be written"),
    ],
)
def test_nothing_is_written_when_something_is_wrong(
    home: Path, alone: CommandLine, options: list[str], code: int, said: str
):
    (home / "bad.json").write_text("{}")
    result = alone("broker", "export", "mosquitto", *options)
    assert (result.code, said in result.err) == (code, True)
    assert [path.name for path in home.iterdir()] == ["bad.json"]


def test_options_of_a_new_configuration_are_refused_where_there_is_one(home: Path, alone: CommandLine):
    alone("broker", "export", "mosquitto", "--out", "mq")
    before = (home / "mq" / "mosquitto.conf").read_text()
    result = alone("broker", "export", "mosquitto", "--out", "mq", "--listen", "0.0.0.0:8883")
    assert (result.code, "Choose another folder with --out" in result.err) == (2, True)
    assert (home / "mq" / "mosquitto.conf").read_text() == before


class Mosquitto:
    """A process with the exported files as they are, but for the user that it becomes where root starts it."""

    def __init__(self, program: Path, folder: Path) -> None:
        around = folder.parent / "around.conf"
        around.write_text(f"user root\nlog_type notice\nlog_type information\ninclude_dir {folder}\n")
        self._process = subprocess.Popen([program, "-c", around], stderr=subprocess.PIPE, text=True)
        self._until("running")

    def reload(self) -> None:
        subprocess.run(["kill", "-HUP", str(self._process.pid)], check=True)
        self._until("Reloading config")

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def _until(self, text: str) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            if text in line:
                return
        raise AssertionError(f"mosquitto ended before it said {text!r}")


def test_up_refuses_a_url_with_a_password_and_does_not_repeat_it(home: Path):
    with Program("up", "--data", "data", *FREE, "--broker", "mqtt://henge:hush@127.0.0.1") as up:
        assert up.wait() == 2
    assert any("broker_password_file" in line for line in up.said)
    assert "hush" not in "".join(up.said)


@dataclass
class Exported:
    """A mosquitto with the files: its URL, what the server is told beside it, and the process."""

    url: str
    settings: dict[str, str]
    process: Mosquitto

    @property
    def address(self) -> str:
        return self.url.partition("://")[2]


@pytest.fixture(params=["mqtt", "mqtts"])
def exported(request: pytest.FixtureRequest, home: Path, alone: CommandLine, mosquitto: Path) -> Iterator[Exported]:
    port = free_port()
    settings = {"HENGE_BROKER_USER": "henge_server", "HENGE_BROKER_PASSWORD_FILE": "mq/henge-server-password"}
    options = ["--listen", f"127.0.0.1:{port}"]
    if request.param == "mqtts":
        authority = Authority.make()
        (home / "ca.crt").write_bytes(authority.certificate)
        (home / "broker.pem").write_bytes(authority.issue(["localhost"], datetime.now(UTC)))
        options += ["--cert", "broker.pem", "--key", "broker.pem"]
        settings["HENGE_BROKER_CA_FILE"] = "ca.crt"
    alone("broker", "export", "mosquitto", "--out", "mq", *options)
    process = Mosquitto(mosquitto, home / "mq")
    yield Exported(f"{request.param}://localhost:{port}", settings, process)
    process.end()


def test_it_goes_from_nothing_to_applied(home: Path, alone: CommandLine, exported: Exported):
    """The commands of docs/broker.md, in their order, with the agent as it is."""
    with Program("up", "--data", "data", *FREE, "--broker", exported.url, **exported.settings) as up:
        up.until(lambda line: f"boards connect to the broker at {exported.address}, with" in line)
        alone("schema", "apply", str(LAMP))
        alone("device", "add", "porch", "--schema", "lamp", "--out", "porch.json")
        alone("broker", "export", "mosquitto", "--out", "mq", "--credential", "porch.json")
        exported.process.reload()
        board = AgentBoard(exported.url, home / "porch.json", home / "porch")
        try:
            board.until(state="applied")
            result = alone("config", "set", "porch", "led.brightness=10", "--wait", "20s")
            assert result.code == 0, result.err
            assert alone("-o", "json", "device", "show", "porch").json["status"] == "online"
        finally:
            board.end()
        checked = alone("-o", "json", "doctor").json
        assert [finding for finding in checked if finding["level"] == "fail"] == []
        assert up.end() == 0

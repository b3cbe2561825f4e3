"""A real server in a process of its own, the command line in this one, and a real agent where a board is needed."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts

from tests.tools.board import AgentBoard
from tests.tools.commandline import CommandLine

LAMP = Path(__file__).parents[2] / "tools" / "fleetctl" / "demo" / "lamp.yaml"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config folder of the test's own, and nothing of this machine's settings."""
    for name in [*os.environ]:
        if name.startswith("HENGE_") and name != "HENGE_MICROPYTHON":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Where it listens and its token; the lamp schema is there."""
    data = tmp_path_factory.mktemp("server")
    address = ["--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--mqtts", "127.0.0.1:0"]
    argv = [sys.executable, "-m", "fleetctl", "-o", "json", "up", "--no-remember", "--data", str(data), *address]
    errors = (data / "errors").open("w+")
    with errors, subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, (data / "errors").read_text()
            said = json.loads(line)
            yield Context(
                "home", said["url"], (data / "admin-token").read_text().strip(), said["mqtt"], mqtts=said["mqtts"]
            )
        finally:
            process.terminate()


@pytest.fixture
def fleetctl(server: Context, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line, knowing the server."""
    Contexts().put(server, current_if_none=True)
    found = CommandLine(capsys)
    found("schema", "apply", str(LAMP))
    return found


@pytest.fixture
def alone(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line, knowing no server."""
    return CommandLine(capsys)


_numbers = itertools.count(1)


@pytest.fixture
def lamp(fleetctl: CommandLine) -> str:
    """The id of a device that is registered under the lamp schema and was never connected."""
    name = f"lamp-{next(_numbers)}"
    fleetctl("device", "add", name, "--schema", "lamp")
    return name


StartBoard = Callable[[str, str], AgentBoard]


@pytest.fixture
def start_board(server: Context, fleetctl: CommandLine, home: Path) -> Iterator[StartBoard]:
    """Registers a device under a schema, and starts the agent for it."""
    boards: list[AgentBoard] = []

    def start(device: str, schema: str) -> AgentBoard:
        credential = home / f"{device}.json"
        fleetctl("device", "add", device, "--schema", schema, "--out", str(credential))
        boards.append(AgentBoard(server.mqtts, credential, home / device))
        return boards[-1]

    yield start
    for board in boards:
        board.end()

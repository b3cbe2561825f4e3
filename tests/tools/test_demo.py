"""The demo: the real agent on a real MicroPython, three times, beside a server; and nothing left of it."""

import fcntl
import io
import os
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from fleetctl.context import Context, Contexts
from fleetctl.demo.boards import Board
from fleetctl.demo.hints import hints
from fleetctl.demo.panel import panel
from rich.console import Console

from tests.tools.program import PATIENCE_S, Program

MINE = Context("mine", "http://127.0.0.1:1", "t")


@pytest.fixture
def demo(home: Path, micropython: Path):
    """A demo whose three boards have applied their first document."""
    (home / "tmp").mkdir()
    Contexts().put(MINE, current_if_none=True)
    with Program("demo", HENGE_MICROPYTHON=str(micropython), TMPDIR=str(home / "tmp")) as running:
        waited_for = {"porch", "garden", "workshop"}
        while waited_for:
            waited_for.discard(running.until(lambda line: "revision 1 applied, link up" in line).split(":")[0])
        yield running


def children(pid: int) -> dict[int, str]:
    """The command lines of a process's children, by their ids."""
    said = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return {int(line.split()[0]): line for line in said.splitlines()}


def wait_for_the_end_of(pids: Iterable[int]) -> None:
    """Returns when none of these processes is there any more."""
    for pid in pids:
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            ended, _, _ = select.select([descriptor], [], [], PATIENCE_S)
            os.close(descriptor)
            assert ended, pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_it_is_ended(demo, home, number):
    mine = children(demo.pid)
    assert len(mine) == 4
    assert Contexts().names() == ["demo", "mine"]
    assert demo.end(number) == 0
    assert [pid for pid in mine if Path(f"/proc/{pid}").exists()] == []
    assert [*(home / "tmp").iterdir()] == []
    assert (Contexts().names(), Contexts().find()) == (["mine"], MINE)


def test_the_boards_connect_with_tls(demo):
    boards = [line for line in children(demo.pid).values() if "henge_agent" in line]
    assert ["--server mqtts://127.0.0.1:" in line for line in boards] == [True] * 3
    assert Contexts().find("demo").mqtt == ""


def test_a_board_shows_a_value_when_it_is_set(demo, alone):
    result = alone("--context", "demo", "config", "set", "porch", "led.color=#00ff66", "--wait", "30s")
    assert (result.code, result.out.startswith("applied in ")) == (0, True)
    assert "#00ff66" in demo.until(lambda line: line.startswith("porch") and "revision 2 applied" in line)


def test_the_commands_that_it_prints_work_as_they_stand(demo, home):
    said = "".join(demo.said)
    block = said[said.index("Try in a second terminal:") :].splitlines()[2:8]
    set_value, watch, *curl = (line.strip() for line in block)
    assert watch == "fleetctl --context demo watch"
    bin_folder = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    for text in (set_value, "\n".join(curl)):
        subprocess.run(["sh", "-c", text], env=env, check=True, capture_output=True)
    demo.until(lambda line: line.startswith("garden") and "breathe" in line)


@pytest.mark.slow
def test_a_part_is_started_again_when_it_dies(demo, alone):
    server, agent = (
        next(pid for pid, line in children(demo.pid).items() if part in line) for part in (" up ", "garden.json")
    )
    os.kill(agent, signal.SIGKILL)
    demo.until(lambda line: "garden was ended by SIGKILL; it is started again" in line)
    demo.until(lambda line: line.startswith("garden") and "link up" in line)
    os.kill(server, signal.SIGKILL)
    demo.until(lambda line: "The server was ended by SIGKILL" in line)
    demo.until(lambda line: line.startswith("garden") and "link up" in line)
    assert alone("--context", "demo", "config", "set", "garden", "led.on=off", "--wait", "30s").code == 0


def test_a_second_one_is_refused_when_one_runs(demo, micropython):
    with Program("demo", HENGE_MICROPYTHON=str(micropython)) as second:
        assert second.wait() == 1
    assert any(f"A demo runs already (process {demo.pid})" in line for line in second.said)
    assert Contexts().names() == ["demo", "mine"]


def test_a_context_of_that_name_stays_when_a_person_wrote_it(home, micropython):
    mine = Context("demo", "http://10.255.255.1:8470", "t")
    Contexts().put(mine)
    with Program("demo", HENGE_MICROPYTHON=str(micropython)) as demo:
        assert demo.wait() == 1
    assert any("Give yours another one" in line for line in demo.said)
    assert Contexts().find("demo") == mine


def test_the_next_one_takes_away_what_is_left_when_one_was_killed(demo, home, micropython):
    parts = children(demo.pid)
    demo.end(signal.SIGKILL)
    assert Contexts().names() == ["demo", "mine"]
    wait_for_the_end_of(parts)
    with Program("demo", "--for", "0.1", HENGE_MICROPYTHON=str(micropython), TMPDIR=str(home / "tmp")) as second:
        assert second.wait() == 0
    assert [*(home / "tmp").iterdir()] == []


@pytest.mark.slow
def test_it_goes_on_with_its_folder_when_that_was_named(home, micropython):
    for run in ("first", "second"):
        with Program("demo", "--data", "kept", HENGE_MICROPYTHON=str(micropython)) as demo:
            demo.until(lambda line: line.startswith("porch") and "revision 1 applied, link up" in line)
            assert demo.end() == 0, run
    assert (home / "kept" / "porch.json").stat().st_mode & 0o777 == 0o600


def test_it_ends_by_itself_when_a_time_is_given(home, micropython):
    with Program("demo", "--for", "0.1", HENGE_MICROPYTHON=str(micropython)) as demo:
        assert demo.wait() == 0
    assert [path.name for path in home.iterdir()] == []


def test_it_says_what_to_do_when_there_is_no_micropython(home):
    with Program("demo", HENGE_MICROPYTHON="/nowhere/micropython") as demo:
        assert demo.wait() == 2
    assert "HENGE_MICROPYTHON" in "".join(demo.said)


def test_a_line_is_short_enough_to_be_copied_when_it_is_a_hint():
    lines = hints("http://127.0.0.1:65535", Path("/tmp/henge-demo-12345678/admin-token"), "./dev")
    assert max(len("  " + line) for line in lines) <= 80
    assert lines[0] == "./dev fleetctl --context demo config set porch led.color=#00ff66 --wait 5s"
    assert shlex.split("\n".join(lines[2:]))[:3] == ["curl", "-X", "PATCH"]


@pytest.mark.parametrize("width", [50, 60, 80])
def test_state_and_link_are_shown_whole_when_the_terminal_is_narrow(width):
    values = {"led.on": True, "led.color": "#00ff66", "led.brightness": 100, "led.mode": "breathe", "sensor.period": 9}
    board = Board("workshop", temperature=21.5, rev=12, state="applied", link="up", settings={12: values})
    console = Console(width=width, file=io.StringIO())
    with console.capture() as shown:
        console.print(panel([board], "", width))
    row = next(line for line in shown.get().splitlines() if "workshop" in line).split()
    assert row[4:7] == ["12", "applied", "up"]


@pytest.mark.slow
def test_the_commands_stand_whole_on_a_narrow_terminal(home, micropython):
    keyboard, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    env = {**os.environ, "HENGE_MICROPYTHON": str(micropython), "TERM": "xterm", "NO_COLOR": "1"}
    env.pop("COLUMNS", None)
    argv = [sys.executable, "-m", "fleetctl", "demo", "--for", "5"]
    with subprocess.Popen(argv, stdin=terminal, stdout=terminal, stderr=terminal, env=env):
        os.close(terminal)
        said = b""
        with suppress(OSError):  # the end of a terminal that nobody holds any more
            while data := os.read(keyboard, 4096):
                said += data
    os.close(keyboard)
    assert b"fleetctl --context demo config set porch led.color=#00ff66 --wait 5s\r\n" in said


@pytest.mark.parametrize("line", ["", "Traceback", "[]", "{}", '{"led": {"r": 1}}', '{"led": null}'])
def test_a_line_is_passed_over_when_a_board_says_something_else(line):
    assert Board("porch").take(line) is False

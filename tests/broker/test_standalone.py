"""`python -m henge_mqtt`: the broker as a program."""

import hashlib
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.broker import wire
from tests.broker.wire import Wire

PROGRAM = [sys.executable, "-m", "henge_mqtt"]
BROKER_FOLDER = str(Path(__file__).parents[2] / "broker")


def start(*options: str, through: list[str] | None = None) -> tuple[subprocess.Popen[str], int]:
    command = [*(through or []), *PROGRAM, "--listen", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BROKER_FOLDER, preexec_fn=hear_hangups)
    assert process.stdout
    return process, int(process.stdout.readline().rpartition(":")[2])


def hear_hangups() -> None:
    """Whoever runs these tests may have been started by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *options], capture_output=True, text=True, timeout=30, cwd=BROKER_FOLDER, check=False
    )


async def login(port: int, username: str | None, password: bytes | None) -> int:
    client = await Wire.open(port)
    answer = await client.ask(wire.connect(username=username, password=password))
    await client.close()
    return answer.body[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_anybody_may_come_and_a_signal_ends_it(number: signal.Signals):
    process, port = start("--anonymous")
    try:
        assert await login(port, None, None) == 0
    finally:
        process.send_signal(number)
        assert process.wait(30) == 0


async def test_it_stays_when_its_terminal_goes_and_nohup_started_it():
    process, port = start("--anonymous", through=["nohup"])
    process.send_signal(signal.SIGHUP)
    assert await login(port, None, None) == 0
    process.terminate()
    assert process.wait(30) == 0


async def test_users_of_a_file_may_come(tmp_path: Path):
    users = tmp_path / "users"
    users.write_text(f"# people\n\nann:{hashlib.sha256(b'right').hexdigest()}\n")
    process, port = start("--users", str(users))
    try:
        assert await login(port, "ann", b"right") == 0
        assert await login(port, "ann", b"wrong") == 4
        assert await login(port, "bob", b"right") == 4
        assert await login(port, None, None) == 4
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_metrics_are_shown_where_they_are_asked_for():
    process, _ = start("--anonymous", "--metrics", "127.0.0.1:0")
    try:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert b"\nhenge_mqtt_connections 0\n" in answer.read()
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_says_what_to_do_when_nobody_could_connect():
    result = run()
    assert result.returncode == 2
    assert "--anonymous" in result.stderr
    assert "--users FILE" in result.stderr


@pytest.mark.parametrize(
    ("content", "complaint"), [(None, "cannot read"), ("ann:secret\n", "line 1: not `name:sha256`")]
)
def test_says_what_is_wrong_with_the_users_file(tmp_path: Path, content: str | None, complaint: str):
    users = tmp_path / "users"
    if content is not None:
        users.write_text(content)
    result = run("--listen", "127.0.0.1:0", "--users", str(users))
    assert result.returncode == 1
    assert complaint in result.stderr


def test_says_so_when_the_port_is_in_use():
    process, port = start("--anonymous")
    try:
        result = run("--anonymous", "--listen", f"127.0.0.1:{port}")
        assert result.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
        assert "Traceback" not in result.stderr
    finally:
        process.terminate()
        process.wait(30)

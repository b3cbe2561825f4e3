"""The agent as a process, on both runtimes: started, killed, refused, shown, ended."""

import asyncio
import os
import re
import signal
from pathlib import Path

import aiomqtt
import pytest

from tests.agent.ground import DEVICE, PASSWORD, SOON, Ground, said, shown
from tests.portable.agent_fakes import signed

LIT = {"led.on": True, "led.color": "#00ff66", "led.brightness": 100, "led.mode": "steady", "sensor.period": 3600}


async def test_a_document_pushed_is_applied_and_shown(ground: Ground) -> None:
    board = await ground.board("--show")
    await ground.desk.hello()
    ground.push(signed(1, LIT))
    report = await ground.desk.report()
    assert (report.rev, report.state) == (1, "applied")
    line = await shown(board, '"rev": 1')
    assert line["led"] == {"r": 0, "g": 255, "b": 102}
    assert {"device": DEVICE, "mode": "steady", "state": "applied", "link": "up"}.items() <= line.items()
    assert line.keys() == {"device", "led", "mode", "temperature", "epoch", "rev", "state", "link"}


async def test_what_was_reported_survives_a_kill(ground: Ground) -> None:
    board = await ground.board()
    await ground.desk.hello()
    for rev in range(1, 6):
        ground.push(signed(rev, LIT | {"led.brightness": rev}))
        assert (await ground.desk.report()).rev == rev
        await ground.kill(board)
        board = await ground.board()
        hello = await ground.desk.hello()
        assert (hello.rev, hello.last and hello.last["state"]) == (rev, "applied")
        assert (await ground.desk.report()).rev == rev  # retained: the same document again


async def test_a_board_that_was_away_gets_the_newest_document(ground: Ground) -> None:
    for rev in (1, 2, 3):
        ground.push(signed(rev, LIT))
    await ground.board()
    report = await ground.desk.report()
    assert (report.rev, report.state) == (3, "applied")


async def test_readings_come_as_telemetry(ground: Ground) -> None:
    await ground.board()
    await ground.desk.hello()
    ground.push(signed(1, LIT | {"sensor.period": 1}))  # a new period begins with a reading
    assert b"temperature" in await ground.desk.heard("telemetry")


async def test_the_will_says_offline_when_the_process_dies(ground: Ground) -> None:
    host, port = ground.server.split(":")
    async with aiomqtt.Client(host, int(port), password=PASSWORD, username="x") as watcher:
        await watcher.subscribe(f"henge/v1/{DEVICE}/status", qos=1)
        board = await ground.board()
        seen = []
        async with asyncio.timeout(SOON):
            async for message in watcher.messages:
                seen.append(message.payload)
                if len(seen) == 1:
                    await ground.kill(board)
                else:
                    break
        assert seen == [b"online", b"offline"]


async def test_wrong_credentials_are_said_and_not_hammered(ground: Ground) -> None:
    board = await ground.board(password="wrong")
    line = await said(board, "user name and password")
    assert re.search(r"; trying again in \d+ s$", line.rstrip())
    assert f"`fleetctl device rotate {DEVICE} --out FILE`" in await said(board, DEVICE)
    assert board.returncode is None


async def test_a_server_that_is_not_there_is_said(ground: Ground) -> None:
    await ground.broker.close()
    board = await ground.board()
    line = await said(board, DEVICE)
    why = "connection refused, nothing listens there"
    assert line == f"{DEVICE}: cannot connect to {ground.server}: {why}; trying again in 1 s\n"


async def test_two_with_one_credential_say_that_there_may_be_two(ground: Ground, tmp_path: Path) -> None:
    board = await ground.board()
    credential, other = str(ground.credential()), str(tmp_path / "other")
    await ground.run("--server", ground.server, "--credential", credential, "--data", other)
    assert "closed 3 times in a row: does another agent use this credential?" in await said(board, "in a row")


@pytest.mark.parametrize("option", ["-h", "--help"])
async def test_help_names_every_option_and_how_to_start_it(ground: Ground, command: list[str], option: str) -> None:
    board = await ground.run(option)
    text, errors = await asyncio.wait_for(board.communicate(), SOON)
    assert (board.returncode, errors) == (0, b"")
    runtime = "micropython" if Path(command[0]).name == "micropython" else "python"
    assert text.decode().startswith(f"usage: {runtime} -m henge_agent --server HOST:PORT")
    for name in (b"--server", b"--credential", b"--data", b"--show"):
        assert name in text


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_quietly(ground: Ground, how: signal.Signals) -> None:
    board = await ground.board()
    await ground.desk.hello()
    board.send_signal(how)
    _, errors = await asyncio.wait_for(board.communicate(), SOON)
    assert b"Traceback" not in errors
    assert board.returncode == (130 if how == signal.SIGINT else -how)
    assert (b"interrupted" in errors) == (how == signal.SIGINT)


async def test_it_ends_when_nobody_reads_what_it_shows(ground: Ground) -> None:
    read, write = os.pipe()
    board = await ground.board("--show", stdout=write)
    os.close(write)
    await ground.desk.hello()
    os.close(read)
    ground.push(signed(1, LIT))
    assert await asyncio.wait_for(board.wait(), SOON) == 1


BAD = {
    "no_arguments": ([], "--server is missing"),
    "an_unknown_option": (["--sevrer", "x"], "--sevrer is not an option"),
    "an_option_without_its_value": (["--server"], "--server needs a value"),
    "no_port": (["--server", "host", "--credential", "{c}", "--data", "{d}"], "expected HOST:PORT"),
    "a_port_that_is_none": (["--server", "host:99999", "--credential", "{c}", "--data", "{d}"], "expected HOST:PORT"),
    "no_such_credential": (["--server", "h:1", "--credential", "{c}x", "--data", "{d}"], ": No such file or directory"),
    "a_credential_cut_off": (["--server", "h:1", "--credential", "{cut}", "--data", "{d}"], "is no credential"),
    "data_where_a_file_is": (["--server", "h:1", "--credential", "{c}", "--data", "{c}"], ": Not a directory"),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_cannot_start_leaves_with_2_and_one_sentence(ground: Ground, case: str, tmp_path: Path) -> None:
    arguments, sentence = BAD[case]
    whole = ground.credential()
    cut = tmp_path / "cut.json"
    cut.write_text(whole.read_text()[:60])
    names = {"c": whole, "cut": cut, "d": tmp_path / "data"}
    board = await ground.run(*[argument.format(**names) for argument in arguments])
    _, errors = await asyncio.wait_for(board.communicate(), SOON)
    assert board.returncode == 2
    assert sentence in errors.decode()
    assert "Traceback" not in errors.decode()

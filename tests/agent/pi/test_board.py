"""A Raspberry Pi as the agent sees it: who it is, its Wi-Fi, its service manager, and starts that did not go well."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from henge_agent.pi.board import PiBoard
from henge_protocol import topics
from henge_protocol.messages import Command, Result

from tests.agent.ground import DEVICE, SOON, Ground
from tests.portable.agent_fakes import signed

WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0     12        0
"""


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(SOON)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def hears(self) -> list[str]:
        return self._socket.recv(1000).decode().split("\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["in a folder", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    found = Manager(str(tmp_path / "notify") if request.param == "in a folder" else f"@henge-{os.getpid()}")
    yield found
    found.close()


def board(folder: Path, **more: str) -> PiBoard:
    return PiBoard(str(folder / "data"), run=str(folder), **more)


def test_it_is_known_by_its_serial_number_and_by_its_files_where_it_has_none(tmp_path: Path) -> None:
    tree = tmp_path / "proc/device-tree"
    tree.mkdir(parents=True)
    (tree / "serial-number").write_text("100000003d1f2a4c\0")
    assert board(tmp_path, root=str(tmp_path)).uid.hex() == "100000003d1f2a4c"
    assert len(board(tmp_path, root="/nowhere").uid) == 8


def test_the_strength_of_its_wifi_is_told_where_it_is_on_one(tmp_path: Path) -> None:
    net = tmp_path / "proc/net"
    net.mkdir(parents=True)
    (net / "wireless").write_text(WIRELESS)
    assert board(tmp_path, root=str(tmp_path)).rssi() == -56
    (net / "wireless").write_text("\n".join(WIRELESS.splitlines()[:2]))
    assert board(tmp_path, root=str(tmp_path)).rssi() is None


def test_the_manager_hears_that_it_is_up_and_then_that_it_is_well(tmp_path: Path, manager: Manager) -> None:
    pi = board(tmp_path, notify=manager.address)
    pi.feed()
    pi.feed()
    assert (manager.hears(), manager.hears()) == (["READY=1", "WATCHDOG=1"], ["WATCHDOG=1"])


def test_nothing_happens_where_no_manager_listens(tmp_path: Path) -> None:
    for address in ("", str(tmp_path / "nobody")):
        board(tmp_path, notify=address).feed()


def test_starts_are_counted_until_one_goes_well(tmp_path: Path) -> None:
    assert [board(tmp_path).crashes for _ in range(3)] == [0, 1, 2]
    board(tmp_path).settled()
    again = board(tmp_path)
    assert (again.crashes, again.reset_cause) == (0, "start")
    assert board(tmp_path).reset_cause == "crash"


@pytest.mark.parametrize(("is_settled", "code", "crashes"), [(True, 0, 0), (False, 1, 1)])
def test_a_reboot_ends_the_program_and_is_a_crash_where_it_was_never_well(
    tmp_path: Path, is_settled: bool, code: int, crashes: int
) -> None:
    pi = board(tmp_path)
    if is_settled:
        pi.settled()
    with pytest.raises(SystemExit) as end:
        pi.reboot()
    assert (end.value.code, board(tmp_path).crashes) == (code, crashes)


@pytest.fixture
def command() -> list[str]:
    """gpiozero and threads are there on CPython only."""
    return [sys.executable]


async def test_a_light_that_is_wired_to_a_pin_is_used_on_trial(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    process = await ground.board("--board", "pi")
    assert (await ground.desk.hello()).board == "pi"
    ground.push(signed(1, {"led.kind": "plain", "led.pin": "17"}))
    assert [(await ground.desk.report()).state for _ in range(2)] == ["trial", "confirmed"]
    ground.push(signed(2, {"led.kind": "plain", "led.pin": "99"}))
    report = await ground.desk.report()
    assert (report.state, report.errors["led.pin"][0]) == ("rejected", "driver_failed")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == -signal.SIGTERM


async def test_the_service_says_that_it_is_up_and_ends_well_when_it_is_to_reboot(
    ground: Ground, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    process = await ground.board("--board", "pi")
    await ground.desk.hello()
    assert await asyncio.to_thread(manager.hears) == ["READY=1", "WATCHDOG=1"]
    assert await asyncio.to_thread(manager.hears) == ["WATCHDOG=1"]
    ground.broker.publish(topics.build(DEVICE, topics.COMMAND), Command(id="1", name="reboot", args={}).encode())
    assert Result.decode(await ground.desk.heard(topics.RESULT)).ok
    assert await process.wait() == 0


async def test_it_leaves_the_pins_alone_after_three_starts_that_did_not_go_well(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    for crashes in range(4):
        process = await ground.board("--board", "pi")
        hello = await ground.desk.hello()
        assert (hello.safe, hello.reset) == (crashes == 3, "crash" if crashes else "start")
        await ground.kill(process)


async def test_it_is_a_usage_error_when_a_board_is_none_or_shows_nothing(ground: Ground) -> None:
    for more, words in (
        (["--board", "pdp11"], b"it is one of pc, pi"),
        (["--board", "pi", "--show"], b"--show is for"),
    ):
        process = await ground.board(*more)
        assert process.stderr
        assert words in await process.stderr.read()
        assert await process.wait() == 2

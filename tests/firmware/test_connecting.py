"""What a board does between its Wi-Fi and its server: asks for the time, and for the server's address."""

import socket
from collections.abc import Iterator

import pytest
from fleetsim.virtual import VirtualBoard

from tests.firmware.conftest import PROVISION, Play

# Connects to where the test says, while something else goes on; {1} is what becomes of the question for the time.
CONNECT = """
import asyncio, ntptime
def asked():
    print("asked", ntptime.host)
    {1}
ntptime.settime = asked
ticks = 0
async def tick():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0.05)
async def main():
    tasks = [asyncio.create_task(board.wifi.run(None)), asyncio.create_task(tick())]
    for _ in range(2):
        await board.wifi.join()
        before = ticks
        try:
            await board.connect({0})
            print("connected")
        except OSError as error:
            print(error, "after", ticks - before)
asyncio.run(main())
"""


@pytest.fixture
def listener(board: VirtualBoard) -> Iterator[socket.socket]:
    board.air.add("home", "secret-1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize("outcome", ["pass", "raise OSError(110)"])
def test_the_time_is_asked_for_once_and_nothing_depends_on_it(
    play: Play, board: VirtualBoard, listener: socket.socket, outcome: str
) -> None:
    host, port = listener.getsockname()
    play(CONNECT.format(f"{host!r}, {port}", outcome))
    board.wait_for("two connections", lambda: board.heard.count("connected") == 2)
    assert board.heard.count("asked") == 1
    assert f"asked {PROVISION['ntp']}" in board.heard


def test_everything_goes_on_when_the_name_server_is_silent(
    play: Play, board: VirtualBoard, listener: socket.socket
) -> None:
    play(CONNECT.format("'hub.example', 8883", "pass"))
    said = "the name server 127.0.0.1 does not answer after "
    board.wait_for("a reason", lambda: board.heard.count(said) == 2)
    assert int(board.heard.partition(said)[2].split()[0]) > 10

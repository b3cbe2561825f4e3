"""A board's own files for tests: the agent, a Wi-Fi and no drivers, and a boot.py as those in firmware/ are."""

from pathlib import Path

BOOT = """\
import time
print("henge: starts in 2 s; Ctrl-C stops it here")
time.sleep(2)
"""

BOARD = """\
import machine
import network
from henge_agent.board import Board

class BareBoard(Board):
    name = "bare"

    def __init__(self, provision):
        super().__init__()
        self.uid = machine.unique_id()
        self._networks = provision.networks

    async def connect(self, host, port, tls=None):
        radio = network.WLAN(network.STA_IF)
        if not radio.isconnected():
            radio.active(True)
            radio.connect(*self._networks[0])
            raise OSError("joining " + self._networks[0][0])
        return await super().connect(host, port, tls)
"""

MAIN = """\
import asyncio
from board import BareBoard
from henge_agent import provision
from henge_agent.agent import Agent
from henge_agent.trust import tls_context

found = provision.load()
tls = tls_context(found.credential.authorities)
try:
    agent = Agent(BareBoard(found), found.credential, found.address, log=lambda level, text: print(text), tls=tls)
    asyncio.run(agent.run())
except KeyboardInterrupt:
    print("stopped")
"""


def write(folder: Path) -> Path:
    folder.mkdir()
    for name, text in (("boot.py", BOOT), ("board.py", BOARD), ("main.py", MAIN)):
        (folder / name).write_text(text)
    return folder

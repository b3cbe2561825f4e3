"""The whole agent on trial: it makes the connection anew at once, goes back at once, and says why."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import DEVICE, KEY, FakeDriver, signed
from agent_server import Peer, ScriptedServer, WiredBoard
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_protocol import topics
from henge_protocol.messages import Hello, Report

TRIAL_MS = 600_000
STRANGER = b"\x20\x02\x00\x05"  # CONNACK: not let in
TRIAL = signed(2, {"net.name": "attic"})


class QuietDriver(FakeDriver):
    """Does nothing while it runs."""

    async def run(self, tell) -> None:
        await asyncio.Event().wait()


class UnluckyBoard(WiredBoard):
    """Waits as long as any attempt may have to, and is somewhere else when its network has another name.

    There, `connect` raises what `elsewhere` is; with None it never ends.
    """

    reset_cause = "watchdog"
    elsewhere: "OSError | None" = None

    def __init__(self, server: ScriptedServer, driver: FakeDriver) -> None:
        super().__init__(server)
        self._driver = driver
        self.is_reachable = True
        self.ahead_ms = 0  # of the real time

    def ticks_ms(self) -> int:
        return super().ticks_ms() + self.ahead_ms

    def chance(self) -> float:
        return 0.999

    async def connect(self, host: str, port: int, tls=None):
        if self._driver.values["net.name"] == "home" or self.is_reachable:
            return await super().connect(host, port)
        if self.elsewhere:
            raise self.elsewhere
        await asyncio.Event().wait()
        raise AssertionError


class TestMoving(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.driver = QuietDriver()
        self.board = UnluckyBoard(self.server, self.driver)
        self.crew = Crew()
        self.said: list = []

    async def asyncTearDown(self):
        await self.crew.stop()

    async def begin(self) -> None:
        """A board with revision 1 begins a trial."""
        who = Credential(DEVICE, "word", KEY)
        self.agent = Agent(
            self.board,
            who,
            Address("server", 1883, False),
            [self.driver],
            log=lambda level, text: self.said.append(text),
            trial_ms=TRIAL_MS,
        )
        self.crew.add("agent", self.agent.run())
        peer = await self.server.accept()
        await self.decided(peer, signed(1, {"lamp.level": 5}))
        self.assertEqual((await self.decided(peer, TRIAL)).state, "trial")

    async def decided(self, peer: Peer, payload: bytes) -> Report:
        peer.send(DEVICE, topics.DESIRED, payload)
        return Report.decode(await peer.published(topics.REPORT))

    async def ends(self, said: str = "") -> None:
        """The time of the trial passes, when the agent has said something that begins like this."""
        while not any(text.startswith(said) for text in self.said):
            await asyncio.sleep(0)
        self.board.ahead_ms += TRIAL_MS

    async def reason(self) -> str:
        """Why the trial was taken back, as the next connection has it; asserts that this one is the old one."""
        hello = Hello.decode(await (await self.server.accept()).published(topics.HELLO))
        report = Report.from_fields(hello.last)
        self.assertEqual((report.rev, report.state, self.driver.values["net.name"]), (2, "rolled_back", "home"))
        self.assertEqual(list(report.errors), [""])
        code, text = report.errors[""]
        self.assertEqual(code, "not_confirmed")
        return text

    async def test_the_connection_is_made_anew_without_a_wait_and_confirms(self):
        await self.begin()
        peer = await self.server.accept()
        self.assertEqual([text for text in self.said if "trying again" in text], [])
        self.assertEqual((await self.decided(peer, TRIAL)).state, "confirmed")

    async def test_it_goes_back_at_once_when_an_attempt_never_ends(self):
        self.board.is_reachable = False
        await self.begin()
        await self.ends()
        self.assertEqual(await self.reason(), "no connection was made within 600 s")

    async def test_it_goes_back_at_once_when_it_waits_after_a_refusal(self):
        await self.begin()
        await self.server.accept(STRANGER)
        await self.ends("the server does not let this device in")
        self.assertEqual(await self.reason(), "the server does not let this device in")

    async def test_it_says_what_the_network_said(self):
        self.board.is_reachable = False
        self.board.elsewhere = OSError("the network attic was not found")
        await self.begin()
        await self.ends("cannot connect")
        self.assertEqual(await self.reason(), "cannot connect to server:1883: the network attic was not found")

    async def test_a_server_that_lets_it_in_and_sends_nothing_signed_proves_nothing(self):
        await self.begin()
        peer = await self.server.accept()
        report = await self.decided(peer, signed(2, {"net.name": "attic"}, key=bytes(32)))
        self.assertEqual(report.state, "rejected")
        await self.ends()
        self.assertEqual(await self.reason(), "connected to server:1883, but no signed document came")

    async def test_a_restart_is_named_with_its_cause(self):
        await self.begin()
        await self.crew.stop()
        self.crew = Crew()
        while self.server.has_peers:  # those of its life before
            (await self.server.accept()).end()
        self.crew.add("agent", self.agent.run())
        self.assertEqual(await self.reason(), "the board started again during the trial (watchdog)")


if __name__ == "__main__":
    unittest.main()

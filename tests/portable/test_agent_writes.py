"""What wears the flash: a new document and a new refusal do; what a board hears or says again does not."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import DEVICE, KEY, FakeDriver, Life, signed
from agent_server import ScriptedServer, WiredBoard
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_protocol import topics
from henge_protocol.messages import Report


class TestWrites(unittest.TestCase):
    def test_a_hundred_equal_documents_cost_one_write(self):
        life = Life()
        for _ in range(100):
            self.assertEqual(life.takes(signed(1, {"lamp.level": 5})), [(1, "applied")])
        self.assertEqual(life.flash.writes, 1)

    def test_a_document_that_is_refused_again_and_again_costs_its_first_refusal(self):
        for level in (101, FakeDriver.TOO_MUCH):
            life = Life()
            life.takes(signed(1, {"lamp.level": level}))
            before = life.flash.writes
            for _ in range(100):
                self.assertEqual(life.takes(signed(1, {"lamp.level": level})), [(1, "rejected")])
                life.wire.reports.clear()  # a board keeps none of them, and this may run in a heap as small
                life.said.clear()
            self.assertEqual(life.flash.writes, before)

    def test_a_forged_document_costs_nothing(self):
        life = Life()
        life.takes(signed(1, {"lamp.level": 5}, key=bytes(32)))
        self.assertEqual(life.flash.writes, 0)

    def test_a_start_costs_nothing(self):
        life = Life()
        life.takes(signed(1, {"lamp.level": 5}))
        life.takes(signed(2, {"lamp.level": 101}))
        for _ in range(100):
            Life(life.flash)
        self.assertEqual(life.flash.writes, 2)


class ChattyDriver(FakeDriver):
    """Tells a reading whenever it may."""

    async def run(self, tell) -> None:
        while True:
            await tell({"level": 1})
            await asyncio.sleep(0)


class TestAgentWrites(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.board = WiredBoard(self.server)
        self.crew = Crew()

    async def asyncTearDown(self):
        await self.crew.stop()

    async def test_hello_status_telemetry_and_the_same_document_cost_nothing(self):
        who = Credential(DEVICE, "word", KEY)
        self.crew.add("agent", Agent(self.board, who, Address("server", 1883, False), [ChattyDriver()]).run())
        for _ in range(5):
            peer = await self.server.accept()
            peer.send(DEVICE, topics.DESIRED, signed(1, {"lamp.level": 5}))
            self.assertEqual(Report.decode(await peer.published(topics.REPORT)).state, "applied")
            for _ in range(20):
                await peer.published(topics.TELEMETRY)
            peer.end()
        self.assertEqual(self.board.storage.writes, 1)


if __name__ == "__main__":
    unittest.main()

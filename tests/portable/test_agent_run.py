"""The whole agent against a scripted server: it greets, applies, reports and comes back; nothing in it dies unseen."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import DEVICE, KEY, FakeDriver, signed
from agent_server import SOON_S, SUBSCRIBE, Peer, ScriptedServer, WiredBoard
from henge_agent import packets
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_protocol import topics
from henge_protocol.messages import Command, Hello, Log, Report, Result, Telemetry


class PatientDriver(FakeDriver):
    """Does nothing while it runs."""

    async def run(self, tell) -> None:
        await asyncio.Event().wait()


class ClumsyDriver(PatientDriver):
    """Fails the first time that it runs; tells a reading then."""

    SETTINGS = {}

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.failed = False

    def apply(self, values: dict) -> None:
        pass

    async def run(self, tell) -> None:
        await self.go.wait()
        if not self.failed:
            self.failed = True
            raise OSError(5)
        await tell({"again": 1})
        await asyncio.Event().wait()


class TestAgent(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.board = WiredBoard(self.server)
        self.crew = Crew()
        self.said: list = []

    async def asyncTearDown(self):
        await self.crew.stop()

    def start(self, drivers=None, observer=None, trial_ms=60_000) -> Agent:
        who = Credential(DEVICE, "word", KEY)
        agent = Agent(
            self.board,
            who,
            Address("server", 1883, False),
            drivers or [PatientDriver()],
            log=lambda level, text: self.said.append(text),
            observer=observer,
            trial_ms=trial_ms,
        )
        self.crew.add("agent", agent.run())
        return agent

    async def applied(self, peer: Peer, payload: bytes) -> "tuple[int, str]":
        peer.send(DEVICE, topics.DESIRED, payload)
        report = Report.decode(await peer.published(topics.REPORT))
        return report.rev, report.state

    async def test_it_says_hello_then_online_then_subscribes(self):
        self.start()
        peer = await self.server.accept()
        names = []
        for _ in range(2):
            packet = await peer.packet()
            names.append(packets.read_message(packet).topic)
            self.assertEqual(packet.flags & 1, len(names) - 1)  # `online` is retained
        self.assertEqual(names, ["henge/v1/porch/hello", "henge/v1/porch/status"])
        self.assertEqual((await peer.packet()).kind, SUBSCRIBE)

    async def test_a_document_is_applied_and_reported(self):
        agent = self.start()
        peer = await self.server.accept()
        self.assertEqual(await self.applied(peer, signed(1, {"lamp.level": 5})), (1, "applied"))
        self.assertEqual(agent.settings["lamp.level"], 5)

    async def test_hello_repeats_the_last_report_on_the_next_connection(self):
        self.start()
        peer = await self.server.accept()
        await self.applied(peer, signed(1, {"lamp.level": 101}))
        peer.end()
        peer = await self.server.accept()
        hello = Hello.decode(await peer.published(topics.HELLO))
        assert hello.last
        self.assertEqual((hello.rev, hello.last["rev"], hello.last["state"]), (0, 1, "rejected"))
        self.assertEqual(hello.last["errors"]["lamp.level"][0], "out_of_range")

    async def test_a_start_says_what_the_one_before_has_done(self):
        self.start()
        await self.applied(await self.server.accept(), signed(1, {"lamp.level": 5}))
        await self.crew.stop()
        self.crew = Crew()
        self.start()
        hello = Hello.decode(await (await self.server.accept()).published(topics.HELLO))
        assert hello.last
        self.assertEqual((hello.rev, hello.last["state"]), (1, "applied"))

    async def test_a_server_that_is_away_is_tried_again(self):
        self.server.refuses = OSError(111)
        self.start()
        for _ in range(20):
            await asyncio.sleep(0)
        self.server.refuses = None
        await self.server.accept()

    async def test_connections_that_are_closed_at_once_raise_the_question_who_else_is_there(self):
        self.start()
        for _ in range(3):
            self.assertEqual(self.asked_for_a_twin(), 0)
            (await self.server.accept()).end()
        await self.server.accept()
        self.assertEqual(self.asked_for_a_twin(), 1)

    async def test_a_server_that_goes_away_in_between_raises_no_such_question(self):
        self.start()
        for _ in range(4):
            (await self.server.accept()).end()
            (await self.server.accept(b"")).end()
        await self.server.accept()
        self.assertEqual(self.asked_for_a_twin(), 0)

    def asked_for_a_twin(self) -> int:
        return len([text for text in self.said if "another agent" in text])

    async def test_a_refusal_says_what_to_do(self):
        self.start()
        await self.server.accept(b"\x20\x02\x00\x04")
        while not any("fleetctl device rotate porch" in text for text in self.said):
            await asyncio.sleep(0)

    async def test_a_message_that_is_too_large_is_reported_as_such(self):
        self.start()
        peer = await self.server.accept()
        peer.send(DEVICE, topics.DESIRED, bytes(12_000))
        report = Report.decode(await peer.published(topics.REPORT))
        self.assertEqual((report.rev, report.errors[""][0]), (0, "too_large"))
        self.assertEqual(await self.applied(peer, signed(1, {})), (1, "applied"))

    async def test_an_empty_message_is_passed_over(self):
        """An MQTT broker sends one when it is told to retain no document any more."""
        self.start()
        peer = await self.server.accept()
        peer.send(DEVICE, topics.DESIRED, b"")
        self.assertEqual(await self.applied(peer, signed(1, {})), (1, "applied"))

    async def test_a_trial_is_confirmed_over_a_connection_of_its_own(self):
        self.start()
        trial = signed(1, {"net.name": "attic"})
        peer = await self.server.accept()
        self.assertEqual(await self.applied(peer, trial), (1, "trial"))
        with self.assertRaises(EOFError):
            await peer.packet()
        peer = await self.server.accept()
        self.assertEqual(await self.applied(peer, trial), (1, "confirmed"))

    async def test_a_trial_that_nothing_confirms_is_taken_back_and_said_on_the_next_connection(self):
        self.start(trial_ms=1)
        peer = await self.server.accept()
        self.assertEqual(await self.applied(peer, signed(1, {"net.name": "attic"})), (1, "trial"))
        states = []
        while "rolled_back" not in states:
            hello = Hello.decode(await (await self.server.accept()).published(topics.HELLO))
            assert hello.last
            states.append(hello.last["state"])
        self.assertEqual(hello.rev, 0)

    async def test_a_command_is_answered(self):
        self.start()
        peer = await self.server.accept()
        peer.send(DEVICE, topics.COMMAND, b"junk")
        peer.send(DEVICE, topics.COMMAND, Command(id="a", name="fly", args={}).encode())
        self.assertFalse(Result.decode(await peer.published(topics.RESULT)).ok)

    async def test_a_driver_that_fails_is_told_and_started_again(self):
        clumsy = ClumsyDriver()
        self.start([PatientDriver(), clumsy])
        peer = await self.server.accept()
        await peer.published(topics.HELLO)
        clumsy.go.set()
        self.assertIn("ClumsyDriver failed", Log.decode(await peer.published(topics.LOG)).text)
        self.assertEqual(Telemetry.decode(await peer.published(topics.TELEMETRY)).v, {"again": 1})
        self.assertEqual(await self.applied(peer, signed(1, {})), (1, "applied"))

    async def test_a_fault_of_the_agent_itself_starts_the_whole_anew(self):
        self.start(observer=FaultyObserver())
        with self.assertRaises(EOFError):
            peer = await self.server.accept()
            await self.applied(peer, signed(1, {"lamp.level": 5}))
            await peer.packet()
        peer = await self.server.accept()
        self.assertEqual(Hello.decode(await peer.published(topics.HELLO)).rev, 1)

    async def test_stopping_it_closes_the_connection(self):
        self.start()
        peer = await self.server.accept()
        await peer.published(topics.HELLO)
        await self.crew.stop()
        with self.assertRaises(EOFError):
            while True:
                await asyncio.wait_for(peer.packet(), SOON_S)


class FaultyObserver:
    """Fails once, at the first revision."""

    def __init__(self) -> None:
        self.failed = False

    def agent(self, status: dict) -> None:
        if status["rev"] and not self.failed:
            self.failed = True
            raise RuntimeError("a fault")


if __name__ == "__main__":
    unittest.main()

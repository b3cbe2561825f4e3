"""Health: the watchdog is fed while the agent is well, and only then; after crashes a board begins in safe mode."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import json

from agent_fakes import DEVICE, KEY, FakeDriver, Hands, signed
from agent_server import ScriptedServer, WiredBoard
from bench_board import Bench
from henge_agent import provision
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.begin import agent_of
from henge_agent.board import Board
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_agent.drivers.driver import Driver
from henge_agent.health import Health
from henge_agent.provision import BadProvision, Provision
from henge_agent.start import start
from henge_protocol import topics
from henge_protocol.messages import Hello, Report


class WatchedBoard(Board):
    """Counts what its watchdog gets."""

    def __init__(self) -> None:
        super().__init__()
        self.meals = self.settlings = 0

    def feed(self) -> None:
        self.meals += 1

    def settled(self) -> None:
        self.settlings += 1


class TestHealth(unittest.TestCase):
    def setUp(self):
        self.board, self.clock = WatchedBoard(), Hands()
        self.health = Health(self.board, self.clock)

    def meals_after(self, seconds: int) -> int:
        """What the watchdog got in that time, looked at each second."""
        before = self.board.meals
        for _ in range(seconds):
            self.clock.now += 1000
            self.health.look()
        return self.board.meals - before

    def test_who_gives_no_sign_is_not_fed_any_more(self):
        self.assertEqual(self.meals_after(600), 299)
        self.health.sign()
        self.assertEqual(self.meals_after(10), 10)

    def test_a_silence_that_was_said_is_none(self):
        self.health.sign(900)
        self.assertEqual(self.meals_after(1100), 1100)

    def test_crashes_are_forgotten_once_after_a_minute(self):
        self.meals_after(59)
        self.assertEqual(self.board.settlings, 0)
        self.meals_after(100)
        self.assertEqual(self.board.settlings, 1)


class TestSafeMode(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.board = WiredBoard(self.server)
        self.driver = FakeDriver()
        self.crew = Crew()

    async def asyncTearDown(self):
        await self.crew.stop()

    def start(self, is_safe: bool) -> None:
        who = Credential(DEVICE, "word", KEY)
        agent = Agent(self.board, who, Address("server", 1883, False), [self.driver], is_safe=is_safe)
        self.crew.add("agent", agent.run())

    async def hello(self) -> Hello:
        self.peer = await self.server.accept()
        return Hello.decode(await self.peer.published(topics.HELLO))

    async def test_it_is_said_and_the_drivers_are_left_alone(self):
        self.start(is_safe=False)
        usual = await self.hello()
        await self.crew.stop()
        self.crew, self.driver.values = Crew(), {}
        self.start(is_safe=True)
        safe = await self.hello()
        self.assertEqual((usual.safe, safe.safe, self.driver.values), (False, True, {}))
        self.assertEqual(usual.caps, safe.caps)  # so that the board is sent the same documents

    async def test_a_new_document_is_stored_and_used_by_the_next_start(self):
        self.start(is_safe=True)
        await self.hello()
        self.peer.send(DEVICE, topics.DESIRED, signed(1, {"lamp.level": 5}))
        again = await self.hello()
        assert again.last
        self.assertEqual((again.rev, again.last["state"], self.driver.values), (1, "applied", {}))

    async def test_a_trial_is_decided_as_always(self):
        self.start(is_safe=True)
        await self.hello()
        self.peer.send(DEVICE, topics.DESIRED, signed(1, {"net.name": "attic"}))
        self.assertEqual(Report.decode(await self.peer.published(topics.REPORT)).state, "trial")


PROVISION = {
    "server": "mqtt://10.0.0.5",
    "networks": [{"ssid": "home", "password": "p"}, {"ssid": "guest"}],
    "credential": {"username": DEVICE, "password": "word", "config_key": "00" * 32},
}


class Crashing(Driver):
    def __init__(self) -> None:
        raise RuntimeError("no such chip")


class StartedBoard(Board):
    """Remembers that it was restarted; its drivers cannot be made."""

    restarted = 0
    crashes = 0

    def __init__(self, found) -> None:
        super().__init__()
        self.networks = found.networks

    def drivers(self) -> list:
        return [Crashing()]

    def reboot(self) -> None:
        StartedBoard.restarted += 1


class TestStart(unittest.TestCase):
    def found(self, changes: "dict | None" = None) -> Provision:
        text = dict(PROVISION)
        text.update(changes or {})
        return Provision(text)

    def test_what_a_board_was_set_up_with_is_read(self):
        found = self.found()
        self.assertEqual((found.address.host, found.address.port, found.address.with_tls), ("10.0.0.5", 1883, False))
        self.assertEqual(found.networks, [("home", "p"), ("guest", "")])
        self.assertEqual((found.country, found.ntp, found.credential.device), ("", "", DEVICE))

    def test_a_file_that_is_missing_or_broken_says_what_to_do(self):
        with self.assertRaises(BadProvision) as missing:
            provision.load("/nowhere/henge.json")
        self.assertIn("fleetctl flash", str(missing.exception))
        for changes in ({"server": "x"}, {"networks": [{}]}, {"networks": 5}, {"credential": {}}, {"server": None}):
            with self.subTest(changes=json.dumps(changes)):
                with self.assertRaises(Exception) as broken:
                    provision.parse(json.dumps(dict(list(PROVISION.items()) + list(changes.items()))))
                self.assertIsInstance(broken.exception, BadProvision)

    def test_a_crash_starts_the_board_anew(self):
        StartedBoard.restarted = 0
        start(StartedBoard, self.found)
        self.assertEqual(StartedBoard.restarted, 1)

    def test_drivers_that_lie_beside_the_agent_are_used_but_in_safe_mode(self):
        Bench("esp32")
        board = Board()
        usual = agent_of(board, self.found())
        board.crashes = 3
        safe = agent_of(board, self.found())
        self.assertIn("relay.on", usual.settings.declared)
        self.assertNotIn("relay.on", safe.settings.declared)

    def test_without_its_file_it_returns_to_the_prompt(self):
        def load():
            raise BadProvision("none")

        StartedBoard.restarted = 0
        start(StartedBoard, load)
        self.assertEqual(StartedBoard.restarted, 0)


if __name__ == "__main__":
    unittest.main()

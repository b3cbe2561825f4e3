"""Commands: each is carried out once, and answered whenever it comes; what cannot be done is answered too."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import DEVICE, KEY, FakeDriver, signed
from agent_server import Peer, ScriptedServer, WiredBoard
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.commands import Commands, NotDone
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_agent.drivers.driver import Driver
from henge_protocol import messages, schema, topics
from henge_protocol.errors import BadMessage
from henge_protocol.messages import Announcement, Command, Desired, Hello, Result


def command(name: str, id: str = "a", args: "dict | None" = None) -> bytes:
    return Command(id=id, name=name, args=args or {}).encode()


class TestCommands(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.done: list = []
        self.answers: list = []
        self.go = asyncio.Event()
        self.commands = Commands(self.dig, lambda name, result: self.answers.append(Result.decode(result)))
        self.crew = Crew()
        self.crew.add("commands", self.commands.run())

    async def asyncTearDown(self):
        await self.crew.stop()

    async def dig(self, name: str, args: dict):
        if name != "dig":
            raise NotDone("only dig")
        await self.go.wait()
        if args:
            raise OSError(5)
        self.done.append("dug")
        return 7

    async def answered(self, count: int) -> list:
        while len(self.answers) < count:
            await asyncio.sleep(0)
        return [(answer.id, answer.ok) for answer in self.answers]

    async def test_one_that_comes_again_is_answered_again_and_not_done_again(self):
        self.go.set()
        self.commands.take(command("dig"))
        await self.answered(1)
        self.commands.take(command("dig"))
        self.assertEqual(await self.answered(2), [("a", True), ("a", True)])
        self.assertEqual(self.done, ["dug"])

    async def test_one_that_comes_again_while_it_is_carried_out_is_answered_once(self):
        self.commands.take(command("dig"))
        await asyncio.sleep(0)
        self.commands.take(command("dig"))
        self.go.set()
        self.commands.take(command("dig", "b"))
        self.assertEqual(await self.answered(2), [("a", True), ("b", True)])

    async def test_what_fails_or_is_not_known_is_answered_with_why(self):
        self.go.set()
        self.commands.take(command("dig", "a", {"deep": True}))
        self.commands.take(command("fly", "b"))
        self.assertEqual(await self.answered(2), [("a", False), ("b", False)])
        self.assertIn("OSError", self.answers[0].data)
        self.assertEqual("only dig", self.answers[1].data)

    async def test_a_crowd_is_told_to_come_again_later(self):
        for number in range(6):
            self.commands.take(command("dig", str(number)))
        self.assertEqual(await self.answered(2), [("4", False), ("5", False)])

    async def test_what_is_no_command_is_refused(self):
        with self.assertRaises(BadMessage):
            self.commands.take(b"junk")


class AskedDriver(FakeDriver):
    """Can be read, and remembers that it was asked to show itself."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = asyncio.Event()
        self.depth = {"depth": 3}

    async def read(self) -> dict:
        return self.depth

    async def identify(self) -> None:
        self.shown.set()


class UnpluggedDriver(Driver):
    """Fails at whatever a command asks."""

    async def read(self) -> dict:
        raise ValueError("unplugged")

    async def identify(self) -> None:
        raise ValueError("unplugged")


class RestartedBoard(WiredBoard):
    """Remembers what was done with its power."""

    def __init__(self, server) -> None:
        super().__init__(server)
        self.power: list = []

    def settled(self) -> None:
        self.power.append("settled")

    def reboot(self) -> None:
        self.power.append("reboot")


class TestOnABoard(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.board = RestartedBoard(self.server)
        self.driver = AskedDriver()
        self.crew = Crew()
        self.crew.add("agent", self.agent().run())

    def agent(self) -> Agent:
        drivers = [UnpluggedDriver(), self.driver]
        return Agent(self.board, Credential(DEVICE, "word", KEY), Address("server", 1883, False), drivers)

    async def asyncTearDown(self):
        await self.crew.stop()

    async def result(self, peer: Peer, payload: bytes) -> Result:
        peer.send(DEVICE, topics.COMMAND, payload)
        return Result.decode(await peer.published(topics.RESULT))

    async def test_identify_is_answered_and_every_driver_shows_itself(self):
        self.assertTrue((await self.result(await self.server.accept(), command("identify"))).ok)
        await self.driver.shown.wait()

    async def test_read_gives_the_readings_of_every_driver_that_has_some(self):
        self.assertEqual((await self.result(await self.server.accept(), command("read"))).data, {"depth": 3})

    async def test_read_says_what_is_wrong_where_there_is_nothing_to_read(self):
        self.driver.depth = {}
        result = await self.result(await self.server.accept(), command("read"))
        self.assertEqual((result.ok, result.data), (False, "UnpluggedDriver cannot be read: ValueError: unplugged"))

    async def test_read_config_gives_what_was_stored_as_it_came(self):
        peer = await self.server.accept()
        ask = command("read", "a", {"what": "config"})
        self.assertEqual((await self.result(peer, ask)).data["rev"], 0)  # type: ignore[index]
        payload = signed(3, {"lamp.level": 5})
        peer.send(DEVICE, topics.DESIRED, payload)
        await peer.published(topics.REPORT)
        ask = command("read", "b", {"what": "config"})
        self.assertEqual((await self.result(peer, ask)).data, Desired.decode(payload).fields())

    async def test_describe_announces_what_hello_names(self):
        peer = await self.server.accept()
        hello = Hello.decode(await peer.published(topics.HELLO))
        peer.send(DEVICE, topics.COMMAND, command("describe"))
        announced = await peer.published(topics.SCHEMA)
        self.assertEqual(messages.caps_of(announced), hello.caps)
        self.assertEqual(Result.decode(await peer.published(topics.RESULT)).data, hello.caps)
        declared = schema.parse(Announcement.decode(announced).settings)
        self.assertEqual(declared["lamp.level"].max, 100)
        self.assertIn("server.address", declared)

    async def test_reboot_is_answered_before_it_begins(self):
        peer = await self.server.accept()
        first = Hello.decode(await peer.published(topics.HELLO))
        peer.send(DEVICE, topics.COMMAND, command("reboot"))
        self.assertTrue(Result.decode(await peer.published(topics.RESULT)).ok)
        with self.assertRaises(EOFError):
            while True:
                await peer.packet()
        second = Hello.decode(await (await self.server.accept()).published(topics.HELLO))
        self.assertEqual(self.board.power, ["settled", "reboot"])
        self.assertEqual(first.rev, second.rev)


if __name__ == "__main__":
    unittest.main()

"""One connection: how it is made, what comes over it, and that every way in which it can end is told in a sentence."""

try:
    import unittest
except ImportError:
    import unittest_small as unittest

import asyncio

from agent_fakes import Hands
from agent_server import SOON_S, Peer, ScriptedServer
from henge_agent import packets
from henge_agent.link import Link, LinkLost, LinkRefused

HELLO = packets.connect("porch", "porch", "word", "t", b"offline", 30)
LIMIT = 500  # bytes of a packet
SHORT_S = 0.04  # a keep-alive so short that the link looks every 10 ms; the clock it looks at is moved by hand


class TestLink(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = ScriptedServer()
        self.clock = Hands()
        self.heard = []
        self.link = Link(self.clock, SHORT_S, LIMIT, lambda topic, payload: self.heard.append((topic, payload)))  # type: ignore[arg-type]

    async def open(self, answer: bytes = b"\x20\x02\x00\x00") -> Peer:
        opening = asyncio.create_task(self.link.open(self.server.connect, "server", 1883, HELLO))
        peer = await self.server.accept(answer)
        await opening
        return peer

    async def lost(self, doing) -> str:
        try:
            await asyncio.wait_for(doing, SOON_S)
        except LinkLost as error:
            return type(error).__name__ + ": " + str(error)
        raise AssertionError("the link was not lost")

    async def test_a_refusal_that_stays_is_told_from_one_that_passes(self):
        refused = (1, 2, 4, 5)
        for code in (1, 2, 3, 4, 5, 99):
            expected = "LinkRefused: " if code in refused else "LinkLost: "
            answer = asyncio.create_task(self.server.accept(bytes((0x20, 2, 0, code))))
            link = Link(self.clock, 30, LIMIT, None)
            self.assertIn(expected, await self.lost(link.open(self.server.connect, "server", 1883, HELLO)))
            await answer

    async def test_a_server_that_cannot_be_reached_is_a_loss(self):
        self.server.refuses = OSError(111)
        self.assertIn("server:1883", await self.lost(self.link.open(self.server.connect, "server", 1883, HELLO)))

    async def test_a_server_that_closes_without_an_answer_is_a_loss(self):
        opening = asyncio.create_task(self.link.open(self.server.connect, "server", 1883, HELLO))
        peer = await self.server.accept(b"")
        peer.end()
        self.assertIn("LinkLost: the server closed", await self.lost(wait_for_task(opening)))

    async def test_a_server_that_closes_what_it_accepted_is_told_apart(self):
        (await self.open()).end()
        self.assertIn("LinkClosed: ", await self.lost(self.link.read()))

    async def test_what_follows_the_answer_in_one_piece_is_read_too(self):
        peer = await self.open(b"\x20\x02\x00\x00" + packets.publish("t", b"x"))
        peer.end()
        await self.lost(self.link.read())
        self.assertEqual(self.heard, [("t", b"x")])

    async def test_a_message_is_acknowledged_and_handed_on(self):
        peer = await self.open()
        peer.to_agent.write(packets.publish("t", b"x", 7))
        peer.end()
        await self.lost(self.link.read())
        self.assertEqual(self.heard, [("t", b"x")])
        self.assertEqual(packets.read_ack(await peer.packet()), 7)

    async def test_a_message_that_is_too_large_is_acknowledged_and_its_payload_left_out(self):
        peer = await self.open()
        peer.to_agent.write(packets.publish("t", bytes(5000), 7) + packets.publish("t", b"x"))
        peer.end()
        await self.lost(self.link.read())
        self.assertEqual(self.heard, [("t", None), ("t", b"x")])
        self.assertEqual(packets.read_ack(await peer.packet()), 7)

    async def test_a_subscription_that_is_refused_ends_it_as_a_refusal(self):
        peer = await self.open()
        await self.link.subscribe(["t"])
        peer.to_agent.write(b"\x90\x03\x00\x01\x80")
        self.assertIn("LinkRefused", await self.lost(self.link.read()))

    async def test_junk_ends_it(self):
        for junk in (b"\xf0\x00", b"\x30\xff\xff\xff\xff\xff", b"\x36\x03\x00\x01t", b"\x40\x01\x00"):
            with self.subTest(junk=junk):
                self.link = Link(self.clock, 30, LIMIT, None)
                peer = await self.open()
                peer.to_agent.write(junk)
                await self.lost(self.link.read())

    async def test_a_broken_network_ends_reading_and_sending(self):
        peer = await self.open()
        peer.to_agent.breaks(OSError(104))
        peer.from_agent.breaks(OSError(104))
        self.assertIn("read", await self.lost(self.link.read()))
        self.assertIn("send", await self.lost(self.link.publish("t", b"x")))

    async def test_an_acknowledgement_that_does_not_come_ends_it(self):
        await self.open()
        await self.link.publish("t", b"x", 1)
        self.clock.now += 20_001
        self.assertIn("no answer", await self.lost(self.link.watch(lambda: None)))

    async def test_a_quiet_connection_is_pinged_and_ends_when_no_answer_comes(self):
        peer = await self.open()
        watching = asyncio.create_task(self.link.watch(lambda: None))
        self.clock.now += 20
        self.assertEqual((await peer.packet()).kind, 12)
        self.clock.now += 20_001
        self.assertIn("no answer", await self.lost(wait_for_task(watching)))

    async def test_an_answered_ping_is_forgotten(self):
        peer = await self.open()
        watching = asyncio.create_task(self.link.watch(lambda: None))
        reading = asyncio.create_task(self.link.read())
        for _ in range(3):
            self.clock.now += 20
            self.assertEqual((await peer.packet()).kind, 12)
            peer.to_agent.write(b"\xd0\x00")
            await asyncio.sleep(0)
        peer.end()
        self.assertIn("closed", await self.lost(wait_for_task(reading)))
        watching.cancel()

    async def test_too_much_unanswered_ends_it(self):
        await self.open()

        async def flood():
            while True:
                await self.link.publish("t", b"x", 1)

        self.assertIn("wait for the server", await self.lost(flood()))

    async def test_a_closed_link_sends_nothing(self):
        await self.open()
        await self.link.close()
        await self.link.close()
        self.assertIn("closed", await self.lost(self.link.publish("t", b"x")))

    def test_a_refusal_is_a_loss(self):
        self.assertTrue(issubclass(LinkRefused, LinkLost))


async def wait_for_task(task):
    """MicroPython's wait_for takes coroutines only."""
    return await task


if __name__ == "__main__":
    unittest.main()

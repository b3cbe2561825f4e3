"""A server that does as a test says, connected to the agent by memory instead of a network. For both runtimes."""

import asyncio

from henge_agent import packets
from henge_agent.board import Board
from henge_agent.packets import Parser
from henge_protocol import topics

CONNECT, SUBSCRIBE = 1, 8
WELCOME = b"\x20\x02\x00\x00"
SOON_S = 10  # for what takes a moment; only a failure takes so long


class Pipe:
    """Bytes in one direction. `broken` makes both ends fail, as a network does."""

    def __init__(self) -> None:
        self._data = b""
        self._changed = asyncio.Event()
        self._ended = False
        self.broken: "OSError | None" = None

    async def read(self, count: int) -> bytes:
        while not self._data and not self._ended and not self.broken:
            self._changed.clear()
            await self._changed.wait()
        if self.broken:
            raise self.broken
        data, self._data = self._data[:count], self._data[count:]
        return data

    def write(self, data: bytes) -> None:
        if self.broken:
            raise self.broken
        self._data += data
        self._changed.set()

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        self._ended = True
        self._changed.set()

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)

    def breaks(self, error: OSError) -> None:
        self.broken = error
        self._changed.set()


class Peer:
    """The server's end of one connection."""

    def __init__(self) -> None:
        self.to_agent, self.from_agent = Pipe(), Pipe()
        self._parser = Parser(20_000)
        self._parsed: list = []

    async def packet(self) -> packets.Packet:
        """What the agent sent next. Raises EOFError when it has closed."""
        while not self._parsed:
            data = await asyncio.wait_for(self.from_agent.read(4096), SOON_S)
            if not data:
                raise EOFError()
            self._parsed.extend(self._parser.feed(data))
        return self._parsed.pop(0)

    async def published(self, channel: str) -> bytes:
        """The payload of the next message on a channel, acknowledged; everything else is answered and passed over."""
        while True:
            packet = await self.packet()
            if packet.kind == packets.PUBLISH:
                message = packets.read_message(packet)
                if message.packet_id is not None:
                    self.to_agent.write(packets.puback(message.packet_id))
                place = topics.parse(message.topic)
                assert place and message.payload is not None
                if place[1] == channel:
                    return bytes(message.payload)
            elif packet.kind == SUBSCRIBE:
                self.to_agent.write(b"\x90\x04" + bytes(packet.body[:2]) + b"\x01\x01")

    def send(self, device: str, channel: str, payload: bytes) -> None:
        self.to_agent.write(packets.publish(topics.build(device, channel), payload, 1))

    def end(self) -> None:
        self.to_agent.close()


class ScriptedServer:
    """Every connection is a Peer; a test takes them one after another."""

    def __init__(self) -> None:
        self._peers: list = []
        self._came = asyncio.Event()
        self.refuses: "OSError | None" = None

    async def connect(self, host: str, port: int):
        await asyncio.sleep(0)
        if self.refuses:
            raise self.refuses
        peer = Peer()
        self._peers.append(peer)
        self._came.set()
        return peer.to_agent, peer.from_agent

    @property
    def has_peers(self) -> bool:
        """Whether a connection was begun that nobody has accepted."""
        return bool(self._peers)

    async def accept(self, answer: bytes = WELCOME) -> Peer:
        """The next connection, its CONNECT taken and answered."""
        while not self._peers:
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), SOON_S)
        peer = self._peers.pop(0)
        assert (await peer.packet()).kind == CONNECT
        peer.to_agent.write(answer)
        return peer


class WiredBoard(Board):
    """A board whose only network is a ScriptedServer, and which never waits between attempts."""

    def __init__(self, server: ScriptedServer) -> None:
        super().__init__()
        self._server = server

    def chance(self) -> float:
        return 0.0

    async def connect(self, host: str, port: int, tls=None):
        return await self._server.connect(host, port)

"""What a document takes of a board's heap. Runs on the emulated board, with the whole agent; `play` is called there.

The server is a file: what it sends is read from flash in pieces, as from a network, and is held nowhere else.
"""

import asyncio
import gc

from henge_agent import packets
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.board import Board
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_agent.drivers.driver import Driver
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_agent.flash_storage import FlashStorage
from henge_agent.passing import forget
from henge_protocol import topics
from henge_protocol.messages import Report

DEVICE = "porch"
KEY = bytes(range(32))
_SUBSCRIBE = 8


class Wire:
    """Both streams of a connection. The document goes out when `sends` is set."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        self._answers = [b"\x20\x02\x00\x00"]
        self._parser = packets.Parser(4096)
        self._changed = asyncio.Event()
        self.subscribed, self.sends, self.reported = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.state = ""

    async def read(self, count: int) -> bytes:
        while not self._answers:
            data = self._file.read(count) if self.sends.is_set() else b""
            if data:
                return data
            self._changed.clear()
            await self._changed.wait()
        return self._answers.pop(0)

    def send(self) -> None:
        self.sends.set()
        self._changed.set()

    def write(self, data: bytes) -> None:
        for packet in self._parser.feed(data):
            if packet.kind == _SUBSCRIBE:
                self._answers.append(b"\x90\x04" + bytes(packet.body[:2]) + b"\x01\x01")
                self.subscribed.set()
            elif packet.kind == packets.PUBLISH:
                self._take(packets.read_message(packet))
        self._changed.set()

    def _take(self, message) -> None:
        if message.packet_id is not None:
            self._answers.append(packets.puback(message.packet_id))
        if message.topic == topics.build(DEVICE, topics.REPORT):
            report = Report.decode(message.payload)
            self.state = report.state + "".join(" " + error[0] for error in report.errors.values())
            self.reported.set()

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        self._file.close()

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)


class HeapBoard(Board):
    """Flash as on a board, and a Wire for a network."""

    def __init__(self, wire: Wire, folder: str = "/henge") -> None:
        self.storage = FlashStorage(folder)
        self._wire = wire

    def chance(self) -> float:
        return 0.5

    async def connect(self, host: str, port: int, tls=None):
        return self._wire, self._wire


class Declared(Driver):
    """Settings that the host has declared, in a module as drivers are. Imported here, so that they count as held."""

    def __init__(self) -> None:
        from declared import SETTINGS  # type: ignore[import-not-found]

        self.SETTINGS = SETTINGS


def free() -> int:
    gc.collect()
    return gc.mem_free()  # type: ignore[attr-defined]


def play(ballast: int) -> None:
    """Prints what is free with this module imported, then connected, and after the document, and what became of it."""
    forget()
    print("measured", free())
    asyncio.run(_played(ballast))


async def _played(ballast: int) -> None:
    wire = Wire("/desired")
    drivers = [WiredLed("pwm", "5", make=_no_light), WiredThermometer("none"), Declared()]
    agent = Agent(HeapBoard(wire), Credential(DEVICE, "word" * 10, KEY), Address("server", 1883, False), drivers)
    crew = Crew()
    crew.add("agent", agent.run())
    await wire.subscribed.wait()
    await asyncio.sleep(0.1)
    before = free()
    weight = [bytearray(1008) for _ in range(ballast)]  # with its object, 1 KiB of the heap
    wire.send()
    await wire.reported.wait()
    print("became", wire.state)
    weight.clear()
    await asyncio.sleep(0.1)
    print("before", before)
    print("after", free())
    await crew.stop()


def _no_light(kind, pin, count, inverted):
    from henge_agent.drivers.led import Light

    return Light()

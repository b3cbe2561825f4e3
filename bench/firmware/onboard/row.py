"""Documents one after another, and how long each step of one takes. Runs on MicroPython on this computer.

Its flash is simulated, in the file that is named first; then come the count of documents and that of timed ones.
"""

import henge_agent  # noqa: F401  # isort: skip  # first: it sets how often the heap is collected

import asyncio
import gc
import sys
import time

import vfs  # type: ignore[import-not-found]
from fleetsim.flash import PICO_W_BYTES, FileImage, Flash
from heap import DEVICE, KEY, HeapBoard, Wire, free
from henge_agent.address import Address
from henge_agent.agent import Agent
from henge_agent.credential import Credential
from henge_agent.crew import Crew
from henge_agent.documents import Documents
from henge_agent.drivers.led import WiredLed
from henge_agent.drivers.thermometer import WiredThermometer
from henge_agent.flash_storage import FlashStorage
from henge_agent.packets import publish
from henge_agent.reports import Reports
from henge_agent.settings import Settings
from henge_agent.slots import APPLIED, Slots
from henge_protocol import signing, topics, verdicts
from henge_protocol.messages import Desired, Document

_EPOCH = 7
_FIRST = 100  # documents, after which the free heap is looked at


def desired(rev: int) -> bytes:
    """The message of a revision: another brightness each time."""
    values = {"led.brightness": rev % 101, "led.mode": "blink", "led.color": "#102030"}
    doc = Document(schema="lamp", version=1, values=values).encode()
    return Desired(epoch=_EPOCH, rev=rev, doc=doc, mac=signing.config_mac(KEY, DEVICE, _EPOCH, rev, doc)).encode()


class Row(Wire):
    """Sends the next document when one was reported."""

    def __init__(self) -> None:
        super().__init__("/dev/null")
        self.rev = 0

    def send_next(self) -> None:
        self.rev += 1
        self._answers.append(publish(topics.build(DEVICE, topics.DESIRED), desired(self.rev), 1))
        self._changed.set()


def drivers() -> list:
    """Those of a board, with no hardware behind them."""
    from henge_agent.drivers.led import Light

    return [WiredLed("pwm", "5", make=lambda *_: Light()), WiredThermometer("none")]


async def in_a_row(count: int) -> None:
    """Prints what is free after the first hundred and at the end."""
    wire = Row()
    agent = Agent(
        HeapBoard(wire, "/flash/henge"), Credential(DEVICE, "word", KEY), Address("server", 1883, False), drivers()
    )
    crew = Crew()
    crew.add("agent", agent.run())
    await wire.subscribed.wait()
    while wire.rev < count:
        wire.reported.clear()
        wire.send_next()
        await wire.reported.wait()
        assert wire.state == "applied", wire.state
        if wire.rev == _FIRST:
            print("first", free())
    print("last", free())
    await crew.stop()


def steps(rounds: int) -> None:
    """Prints a line for each step of each round: its name and its microseconds."""
    settings = Settings(drivers(), print)
    documents = Documents(DEVICE, KEY, settings.declared)
    slots = Slots(FlashStorage("/flash/timed"), DEVICE)
    slots.load()
    reports = Reports(1)
    settings.begin(documents.nothing().values)
    for rev in range(1, rounds + 1):
        payload = memoryview(desired(rev))
        wanted = documents.received(payload).values
        gc.collect()
        began = time.ticks_us()  # type: ignore[attr-defined]
        message = Desired.decode(payload, True)
        values = Document.decode(message.doc).values
        began = _step("decode", began)
        signing.config_mac(KEY, DEVICE, _EPOCH, rev, message.doc)
        signing.document_digest(KEY, message.doc)
        began = _step("mac", began)
        assert not verdicts.check(settings.declared, values)
        began = _step("check", began)
        slots.stage(APPLIED, _EPOCH, rev, message.mac, message.doc)
        slots.keep()
        began = _step("store", began)
        settings.apply(wanted)
        began = _step("apply", began)
        reports.make((_EPOCH, rev), "applied", bytes(16), []).encode()
        _step("report", began)


def _step(name: str, began: int) -> int:
    print(name, time.ticks_diff(time.ticks_us(), began))  # type: ignore[attr-defined]
    return time.ticks_us()  # type: ignore[attr-defined]


flash = Flash(FileImage(sys.argv[1], PICO_W_BYTES))
vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/flash")
asyncio.run(in_a_row(int(sys.argv[2])))
steps(int(sys.argv[3]))

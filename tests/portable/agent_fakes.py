"""What the agent's tests stand on: a board's life without a network, a flash whose power fails, documents as a server
signs them. Real classes; for both runtimes.
"""

from henge_agent import sync
from henge_agent.documents import Documents
from henge_agent.drivers.driver import Driver
from henge_agent.memory import Memory
from henge_agent.memory_storage import MemoryStorage
from henge_agent.performer import Performer
from henge_agent.reports import Reports
from henge_agent.settings import Settings
from henge_agent.slots import Slots
from henge_agent.sync import Sync
from henge_protocol import signing, topics
from henge_protocol.errors import NOT_CONFIRMED, WHOLE_DOCUMENT
from henge_protocol.messages import Desired, Document, Report

DEVICE = "porch"
KEY = bytes(range(32))
EPOCH = 7
TRIAL_MS = 1000


def signed(rev: int, values: dict, epoch: int = EPOCH, key: bytes = KEY, device: str = DEVICE) -> bytes:
    """A desired message as the server makes it."""
    return signed_doc(rev, Document(schema="lamp", version=1, values=values).encode(), epoch, key, device)


def signed_doc(rev: int, doc: bytes, epoch: int = EPOCH, key: bytes = KEY, device: str = DEVICE) -> bytes:
    """A desired message around bytes that need not be a document."""
    return Desired(epoch=epoch, rev=rev, doc=doc, mac=signing.config_mac(key, device, epoch, rev, doc)).encode()


class FakeDriver(Driver):
    """Takes a level; one of them is more than its hardware bears. Changing the network is risky."""

    SETTINGS = {
        "lamp.level": {"type": "int", "min": 0, "max": 100, "default": 1},
        "net.name": {"type": "string", "default": "home", "max_length": 16, "risky": True},
        "net.password": {"type": "string", "default": "", "secret": True},
    }
    TOO_MUCH = 99

    def __init__(self, too_much: int = TOO_MUCH) -> None:
        self.values: dict = {}
        self._too_much = too_much

    def apply(self, values: dict) -> None:
        if values["lamp.level"] == self._too_much:
            raise OSError(5)
        self.values = dict(values)


class PowerCut(Exception):
    """The power fails: nothing after it happens."""


class FailingFlash(MemoryStorage):
    """The power fails at write number `cut_at`, before it or, `torn`, halfway through; the flash is dead then."""

    def __init__(self, cut_at: int = 0, torn: bool = False) -> None:
        super().__init__()
        self.cut_at = cut_at
        self.torn = torn

    def write(self, place: str, *parts: bytes) -> None:
        data = b"".join(bytes(part) for part in parts)
        self._need_power(place, data)
        super().write(place, data)

    def drop(self, place: str) -> None:
        self._need_power(place, b"")
        super().drop(place)

    def _need_power(self, place: str, data: bytes) -> None:
        if self.cut_at and self.writes + 1 >= self.cut_at:
            if self.torn and self.writes + 1 == self.cut_at:
                super().write(place, data[: len(data) // 2] + self.read(place, 0, 20_000)[len(data) // 2 :])
            raise PowerCut()

    def power_returns(self) -> None:
        self.cut_at = 0


class Wire:
    """In the outbox's place: keeps the reports, decoded, and why connections were ended."""

    def __init__(self) -> None:
        self.reports: list = []
        self.left: list = []

    def put(self, channel: str, payload: bytes, qos: int) -> None:
        assert channel == topics.REPORT and qos == 1
        self.reports.append(Report.decode(payload))

    def leave(self, why: str) -> None:
        self.left.append(why)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0

    def ms(self) -> int:
        return self.now


class Life:
    """One start of a board, from its flash to its next end."""

    def __init__(
        self, flash: "MemoryStorage | None" = None, driver: "FakeDriver | None" = None, why: str = "it began again"
    ) -> None:
        self.flash = flash or MemoryStorage()
        self.driver = driver or FakeDriver()
        self.wire = Wire()
        self.clock = Hands()
        self.said: list = []
        self.settings = Settings([self.driver], self.said.append)
        self.documents = Documents(DEVICE, KEY, self.settings.declared)
        self.reports = Reports(boot=1)
        self.sync = Sync(self.settings.declared, self.documents.nothing(), TRIAL_MS)
        self.performer = Performer(
            self.sync,
            Memory(Slots(self.flash, DEVICE), self.documents),
            self.settings,
            self.reports,
            self.wire,  # type: ignore[arg-type]
            self.clock,
            lambda level, text: self.said.append(text),
        )
        self.performer.start(why)

    def takes(self, payload: bytes) -> list:
        """A desired message arrives. Gives what was reported on it: (rev, state) each."""
        before = len(self.wire.reports)
        self.performer.perform(self.sync.desired(self.documents.received(payload)))
        return [(report.rev, report.state) for report in self.wire.reports[before:]]

    def reconnects(self) -> None:
        self.sync.connected("server:1883")

    def loses(self, why: str) -> None:
        self.sync.disconnected(why)

    def waits(self, ms: int) -> list:
        """Time passes. Gives what was reported."""
        before = len(self.wire.reports)
        self.clock.now += ms
        self.performer.perform(self.sync.tick(self.clock.now))
        return [(report.rev, report.state) for report in self.wire.reports[before:]]

    @property
    def last(self) -> "tuple[int, str]":
        """What the next hello repeats: (rev, state)."""
        assert self.reports.last is not None
        return self.reports.last.rev, self.reports.last.state

    @property
    def why(self) -> str:
        """The reason that the next hello repeats."""
        assert self.reports.last is not None
        assert list(self.reports.last.errors) == [WHOLE_DOCUMENT], self.reports.last.errors
        code, text = self.reports.last.errors[WHOLE_DOCUMENT]
        assert code == NOT_CONFIRMED
        return text

    @property
    def level(self) -> int:
        return self.driver.values["lamp.level"]

    @property
    def rev(self) -> int:
        return self.sync.in_use.rev

    @property
    def is_idle(self) -> bool:
        return self.sync.phase == sync.IDLE

"""The board under test in the power-cut tests: it takes documents of a wanted size, over many starts, and knows after
each cut what it may be found with.
"""

from agent_fakes import TRIAL_MS, FakeDriver, Life, signed_doc
from fleetsim.disk import PowerCut
from henge_agent import sync
from henge_protocol.messages import Document

TOO_HIGH = 101  # a level that the declaration refuses; FakeDriver.TOO_MUCH is one that the hardware refuses
_TEXT_BYTES = 4096  # the longest string that a setting may be
_KEPT_BYTES = 10_000  # of messages: what a board of 192 KiB can spare

_messages: dict = {}


class Sign(FakeDriver):
    """With texts that fill a document, and a list of the levels that it was asked for."""

    SETTINGS = dict(FakeDriver.SETTINGS)
    for _name in ("sign.a", "sign.b", "sign.c"):
        SETTINGS[_name] = {"type": "string", "default": "", "max_length": _TEXT_BYTES}

    def __init__(self) -> None:
        super().__init__()
        self.tried: list = []

    def apply(self, values: dict) -> None:
        self.tried.append(values["lamp.level"])
        super().apply(values)


class Order:
    """A revision: its level, its network and the size of its document, which its texts fill up."""

    def __init__(self, rev: int, level: int, name: str = "home", size: int = 0) -> None:
        self.rev = rev
        self.level = level
        self.name = name
        self._size = size

    def values(self) -> dict:
        """What the drivers have when it is in use, but for defaults."""
        values = {"lamp.level": self.level}
        if self.name != "home":
            values["net.name"] = self.name  # type: ignore[assignment]
        for key in ("sign.a", "sign.b", "sign.c"):
            room = self._size - len(_document(values)) - len(key) - 4
            if room > 0:
                values[key] = chr(97 + self.rev % 26) * min(room, _TEXT_BYTES)  # type: ignore[assignment]
        return values

    def message(self) -> bytes:
        what = (self.rev, self.level, self.name, self._size)
        if what not in _messages:
            if sum(map(len, _messages.values())) + self._size > _KEPT_BYTES:  # the last few are told again and again
                _messages.clear()
            _messages[what] = signed_doc(self.rev, _document(self.values()))
        return _messages[what]


class Subject:
    """`ground` as in power_ground. `kept` is the revision that the board has said it uses, `refused` those that it has
    said it does not take.
    """

    def __init__(self, ground, known: "tuple | None" = None, wrap=None) -> None:
        self.ground = ground
        self._wrap = wrap
        orders, self.kept, refused = known or ({0: Order(0, 1)}, 0, [])
        self._orders = dict(orders)
        self.refused: list = list(refused)
        self._possible = self.kept  # a revision that is being written, and may be found in use after a cut
        self.start()

    def known(self) -> tuple:
        """What another subject on the same ground has to know: of the orders, those that it may still be about."""
        return {rev: self._orders[rev] for rev in [self.kept, self.last] + self.refused[-3:]}, self.kept, self.refused

    @property
    def last(self) -> int:
        """The newest revision that there was."""
        return max(self._orders)

    def start(self) -> None:
        """One more start."""
        storage = self.ground.storage()
        self.life: Life = None  # type: ignore[assignment]  # the one before leaves its room on the heap to this one
        self.sign = Sign()
        self.life = Life(self._wrap(storage) if self._wrap else storage, self.sign)
        self._hear([report for report in self.life.wire.reports if report.state in ("rejected", "rolled_back")])

    @property
    def name(self) -> str:
        """The network that is in use."""
        return self.sign.values.get("net.name", "home")

    def takes(self, order: Order) -> None:
        """A document arrives."""
        self._orders[order.rev] = order
        is_sound = order.level not in (TOO_HIGH, FakeDriver.TOO_MUCH)
        is_trial = order.name != self._orders[self.kept].name and self.life.sync.phase == sync.IDLE
        if is_sound and not is_trial and order.rev > self.kept and order.rev not in self.refused:
            self._possible = order.rev
        self._hear_from(lambda: self.life.takes(order.message()))

    def reconnects(self) -> None:
        self.life.reconnects()

    def waits(self) -> None:
        """Longer than a trial may last."""
        self._hear_from(lambda: self.life.waits(TRIAL_MS))

    def back(self) -> "list[str]":
        """The power is back. What is wrong with the board then; it has been told again what it had refused before."""
        self.ground.power_returns()
        self.start()
        found = []
        rev, allowed = self.life.rev, (self.kept, self._possible)
        if rev not in allowed or rev in self.refused:
            found.append("revision {} is in use and not one of {}".format(rev, allowed))
        elif not _has(self.sign.values, self._orders[rev].values()):
            found.append("what is in use is not what revision {} says".format(rev))
        if self.life.performer.found and not self.ground.tears_files:
            found.append("the start found that " + self.life.performer.found)
        if not self.ground.is_whole():
            found.append("a file that is not the agent's has changed")
        self.kept = self._possible = rev
        tried = len(self.sign.tried)
        for refused in self.refused[-3:]:
            self.life.takes(self._orders[refused].message())
        if len(self.sign.tried) > tried or self.life.rev != rev:
            found.append("a document was tried again that had been refused")
        return found

    def _hear_from(self, act) -> None:
        before = len(self.life.wire.reports)
        try:
            act()
        finally:
            self._hear(self.life.wire.reports[before:])

    def _hear(self, reports: list) -> None:
        for report in reports:
            if report.state in ("applied", "confirmed"):
                self.kept = self._possible = report.rev
            elif report.state != "trial" and report.rev not in self.refused:
                self.refused.append(report.rev)


def forget_messages() -> None:
    """Those that are kept to be told again, for who counts memory."""
    _messages.clear()


def cut_short(act) -> bool:
    """Whether the power failed while it was done."""
    try:
        act()
    except PowerCut:
        return True
    return False


def _document(values: dict) -> bytes:
    return Document(schema="l", version=1, values=values).encode()


def _has(values: dict, wanted: dict) -> bool:
    return all(values[key] == wanted.get(key, FakeDriver.SETTINGS.get(key, {}).get("default", "")) for key in values)

"""What the ledger keeps for one client id over all its connections: its session, its will, what is still unanswered.

Whoever drives a client (our own or a foreign one) tells its account about each connection's beginning and end.
"""

from __future__ import annotations

from tests.broker.crowd.ledger import Ledger
from tests.broker.crowd.life import Life, Stay
from tests.broker.crowd.publication import Publication

NONE, KEPT, UNSURE = "none", "kept", "unsure"
"""Whether the broker has a session for a client that is not connected: it must not, it must, it may (a CONNECT was sent
and the link cut before the answer)."""


class Account:
    """One client id. A connection is `arriving`, then `accepted` or `lost_arriving`, and at last `ended`."""

    def __init__(self, name: str, ledger: Ledger) -> None:
        self.name = name
        self.ledger = ledger
        self.session = NONE
        self.life: Life | None = None
        self._will: Publication | None = None
        self._stay: Stay | None = None
        self._pending: tuple[int, bool, Publication | None] = (0, True, None)
        self._hanging: list[tuple[Publication, bool]] = []
        """What was sent and not answered on connections that ended; it is over when the next one is accepted."""

    def arriving(self, clean: bool, will: Publication | None, cuts: bool) -> int:
        """A CONNECT is about to be sent; over a link that `cuts` its will may be due before the client knows."""
        time = self.ledger.note(self.name, "connects", "clean" if clean else "persistent", will or "")
        self._pending = (time, clean, will)
        if cuts:
            self._due(will, time)
        self._due(self._will, time)  # of the connection that is taken over
        return time

    def _due(self, will: Publication | None, time: int) -> None:
        """From `time` on the will may be published."""
        if will is not None and will.sent is None:
            self.ledger.sent(will, time)

    def lost_arriving(self) -> None:
        """The link was cut before CONNACK: nobody knows whether the broker had accepted."""
        _, clean, will = self._pending
        if (clean and self.session == KEPT) or (not clean and self.session == NONE):
            self.session = UNSURE
        if will is not None:
            self._hanging.append((will, False))
        self.ledger.note(self.name, "was cut before CONNACK")

    def accepted(self, present: bool, cuts: bool) -> bool:
        """CONNACK came; whether there was a session is checked. Returns whether the session goes on."""
        _, clean, self._will = self._pending
        self.ledger.note(self.name, "is accepted,", "session present" if present else "no session")
        if present and (clean or self.session == NONE):
            self.ledger.problem(self.name, "was told of a session that it cannot have")
        if not present and not clean and self.session == KEPT:
            self.ledger.problem(self.name, "lost its session")
        for publication, certain in self._hanging:
            self.ledger.settle(publication, certain)
        self._hanging.clear()
        goes_on = present and self.life is not None and not self.life.over
        if not goes_on:
            self._begin(clean)
        assert self.life is not None
        self._stay = Stay(self.ledger.tick(), cuts)
        self.life.stays.append(self._stay)
        self.session = NONE if clean else KEPT
        return goes_on

    def _begin(self, clean: bool) -> None:
        if self.life is not None:
            self.life.over = True
        self.life = Life(self.name, clean)
        self.ledger.lives.append(self.life)

    def hang(self, publication: Publication, certain: bool = False) -> None:
        """No answer will come for it; `certain`: it is known all the same."""
        self._hanging.append((publication, certain))

    def proved(self, time: int) -> None:
        """The broker answered what was sent at `time`."""
        if self._stay is not None:
            self._stay.proved = time

    def stalled(self) -> None:
        """The client stops reading for a while."""
        if self._stay is not None:
            self._stay.stalled = True

    def ending(self, time: int) -> None:
        """What the client does now makes the broker end the connection, and publish its will."""
        self._due(self._will, time)

    def ended(self, time: int, will_due: bool | None) -> None:
        """The connection ends, from `time` on; None: with a DISCONNECT that may not have arrived."""
        stay, will, self._stay, self._will = self._stay, self._will, None, None
        if stay is None or self.life is None:
            return
        self.ledger.note(
            self.name, "is gone,", {True: "will due", False: "no will due", None: "will may come"}[will_due]
        )
        if will is not None and will_due is not False:
            self._due(will, time)
            self._hanging.append((will, will_due is True))
        if self.life.clean:
            self.life.over = True

"""The model: it is told what every client does and gets, and says what of that a broker must not do.

Nothing of the broker is asked; a clock that counts events orders what happened in this one process.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from tests.broker.crowd.life import Life
from tests.broker.crowd.publication import Publication
from tests.broker.crowd.rules import is_held, matches, may_read

REMEMBERED = 25
"""Events of each client that are kept to be shown beside a problem."""

SHOWN = 5
"""Problems that are shown; the first is the one to look at."""


class Ledger:
    """All that happened to a crowd, and what was wrong with it."""

    def __init__(self) -> None:
        self.now = 0
        self.problems: list[str] = []
        self.lives: list[Life] = []
        self.publications: dict[bytes, Publication] = {}
        self.clears: set[str] = set()
        """Topics on which an empty message was published: those have no payload to be known by."""
        self.owned: dict[str, list[Publication]] = defaultdict(list)
        """Retained messages by topic, in the order in which the topic's one owner sent them."""
        self.missed = 0
        """QoS 0 messages that did not come though nothing was in the way: the broker is to have counted them."""
        self._numbers: dict[tuple[str, str, int], int] = defaultdict(int)
        self._journals: dict[str, deque[tuple[Any, ...]]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def tick(self) -> int:
        self.now += 1
        return self.now

    def note(self, name: str, *what: Any) -> int:
        """Remember an event of a client; returns its time."""
        time = self.tick()
        self._journals[name].append((time, *what))
        return time

    def problem(self, name: str, text: str, other: str = "") -> None:
        """Something the broker must not do; with the last events of the client, and of the `other` one in it."""
        if len(self.problems) < SHOWN:
            text += "".join(self._journal(who) for who in (name, other) if who)
        self.problems.append(f"{name}: {text}")

    def report(self, seed: int) -> str:
        """The first problems, to be read by people."""
        more = len(self.problems) - SHOWN
        rest = f"\nand {more} more" if more > 0 else ""
        return f"seed {seed}: {len(self.problems)} problems\n" + "\n".join(self.problems[:SHOWN]) + rest

    def _journal(self, name: str) -> str:
        events = self._journals[name]
        return "".join([f"\n  {name}:", *(f"\n{event[0]:>8} {' '.join(map(str, event[1:]))}" for event in events)])

    # --- publishing ---------------------------------------------------------------------------------------------------

    def publication(self, publisher: str, topic: str, qos: int, retain: bool = False, size: int = 1) -> Publication:
        """A new message, not sent yet; `size` 0 makes it an empty one."""
        key = (publisher, topic, qos)
        self._numbers[key] += 1
        made = Publication(publisher, topic, qos, retain, self._numbers[key], size)
        if made.payload:
            self.publications[made.payload] = made
        return made

    def sent(self, publication: Publication, time: int) -> None:
        """It was sent at `time`, or it is a will that is due from then on."""
        publication.sends += 1
        if publication.sent is not None:
            return
        publication.sent = time
        if not publication.payload:
            self.clears.add(publication.topic)
        if publication.retain:
            self.owned[publication.topic].append(publication)

    def settle(self, publication: Publication, certain: bool) -> None:
        """It is not routed any more; `certain`: it was."""
        if certain or not is_held(publication.topic):
            publication.settled = self.tick()
        publication.certain = certain
        publication.abandoned = not certain

    # --- receiving ----------------------------------------------------------------------------------------------------

    def received(self, life: Life, topic: str, payload: bytes, qos: int, dup: bool, retain: bool) -> None:
        """A client got a message; what it got twice at QoS 2 and knew by its packet id is not told here."""
        now = self.note(life.name, "got", topic, payload[:60], f"qos {qos}", "dup" * dup, "retained" * retain)
        wrong = self._wrong(life, now, topic, payload, qos, retain)
        if wrong is None and payload and not retain:
            wrong = self._count(life, self.publications[payload], qos, dup)
        if wrong is not None:
            self.problem(
                life.name,
                f"{wrong}: {payload[:60]!r} on {topic}, QoS {qos}",
                payload.decode().partition(" ")[0].partition("~")[0],
            )

    def _wrong(self, life: Life, now: int, topic: str, payload: bytes, qos: int, retain: bool) -> str | None:
        """What is wrong with the message by itself, whatever came before it."""
        if not may_read(life.name, topic):
            return "got what it may not read"
        if not payload:
            return None if topic in self.clears and not retain else "got an empty message that nobody sent"
        publication = self.publications.get(payload)
        if publication is None or publication.topic != topic:
            return "got what nobody has made"
        if publication.sent is None:
            return "got what was not sent: a will that was not due"
        if not publication.permitted:
            return "got what its publisher may not publish"
        low, high = life.reach(topic, publication.sent, now if retain else publication.until(now))
        if high < 0:
            return "got what it was not subscribed to"
        if retain:
            return None if publication.retain else "got with the retain flag what was not published with it"
        if qos > min(high, publication.qos) or qos < min(max(low, 0), publication.qos):
            return f"got with the wrong QoS, subscribed with {low} to {high}"
        return None

    def _count(self, life: Life, publication: Publication, qos: int, dup: bool) -> str | None:
        first = publication not in life.copies
        copies = life.copies[publication] = life.copies.get(publication, 0) + 1
        fresh = life.fresh[publication] = life.fresh.get(publication, 0) + (not dup)
        if qos == 2 and copies > 1:
            return f"got {copies} times at QoS 2"
        if fresh > (publication.sends if publication.qos == 1 else 1):
            return f"got {fresh} times without DUP, sent {publication.sends} times"
        return self._order(life, publication, qos) if first else None

    def _order(self, life: Life, publication: Publication, qos: int) -> str | None:
        key = (publication.publisher, publication.topic, publication.qos, qos)
        newest = life.newest.get(key)
        if newest is None or newest.number < publication.number:
            life.newest[key] = publication
            return None
        if publication.abandoned and is_held(publication.topic):
            return None  # the application acknowledged it after all, in its own time
        # Sent again and subscribed to only since it was sent first: then what was sent after it may have come before.
        assert publication.sent is not None
        if publication.sends > 1 and life.reach(publication.topic, publication.sent, self.now)[0] < max(qos, 1):
            return None
        return f"got after {newest.number}, which was sent later"

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """All is settled and drained: find what should have come and did not."""
        lives_by_filter: dict[str, list[Life]] = defaultdict(list)
        for life in self.lives:
            for topic_filter in life.subscriptions:
                lives_by_filter[topic_filter].append(life)
        by_topic: dict[str, list[Publication]] = defaultdict(list)
        for publication in self.publications.values():
            if publication.certain and publication.permitted:
                by_topic[publication.topic].append(publication)
        for topic, publications in by_topic.items():
            readers = {
                id(life): life
                for topic_filter, lives in lives_by_filter.items()
                if matches(topic_filter, topic)
                for life in lives
            }
            for life in readers.values():
                for publication in publications:
                    self._check_came(life, publication)

    def _check_came(self, life: Life, publication: Publication) -> None:
        assert publication.sent is not None
        assert publication.settled is not None
        if publication in life.copies:
            return
        low, high = life.reach(publication.topic, publication.sent, publication.until(self.now))
        qos = min(low, publication.qos)
        if qos > 0 and (not life.over or (low == high and self._overtaken(life, publication, qos))):
            self.problem(
                life.name,
                f"did not get {publication!r}, sent at {publication.sent} and answered at {publication.settled},"
                f" though subscribed with {low}, {'clean' if life.clean else 'persistent'}",
                publication.publisher.partition("~")[0],
            )
        elif qos == 0 and high == low and life.connected_throughout(publication.sent, publication.settled):
            self.missed += 1

    @staticmethod
    def _overtaken(life: Life, publication: Publication, qos: int) -> bool:
        """A session that ended need not have got everything, but nothing out of the midst is missing."""
        newest = life.newest.get((publication.publisher, publication.topic, publication.qos, qos))
        return newest is not None and newest.number > publication.number

    def kept(self, topic: str) -> set[bytes]:
        """What may be the retained message of `topic` at the end; b"": none."""
        owned = self.owned.get(topic, [])
        last = max((place for place, made in enumerate(owned) if made.certain), default=None)
        if last is None:
            return {b""} | {made.payload for made in owned}
        return {made.payload for made in owned[last:]}

    def expected(self) -> Iterator[tuple[str, set[bytes]]]:
        """Every topic that had a retained message, with `kept` of it."""
        for topic in self.owned:
            yield topic, self.kept(topic)

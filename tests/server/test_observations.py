"""What a message means for what is known: an outcome stays, a repetition adds nothing. Decided without a store."""

from henge_protocol.messages import FINAL_STATES, STATES, Hello, Report
from henge_server.models import Outcome, Revision
from henge_server.observations import Known, News, heard, reported
from hypothesis import given
from hypothesis import strategies as st

EPOCH = 100
NEWEST = 5


def revision(rev: int) -> Revision:
    fields = {"schema_name": "", "schema_version": 0, "layer": {}, "generation": 1, "at": 0, "by": "", "why": ""}
    return Revision(device="porch", epoch=EPOCH, rev=rev, doc=b"", mac=b"", digest=bytes([rev]), **fields)


class Memory:
    """Takes messages in as the server does, with a dict for a store."""

    def __init__(self) -> None:
        self.known = Known(revision(NEWEST), None)
        self.outcomes: dict[int, Outcome] = {}

    def take(self, message: Hello | Report) -> News | None:
        rev = (message.last or {"rev": 0})["rev"] if isinstance(message, Hello) else message.rev
        about = revision(rev) if 1 <= rev <= NEWEST else None
        known = Known(self.known.newest, self.known.observed, about, self.outcomes.get(rev))
        news = heard(known, message, 0) if isinstance(message, Hello) else reported(known, message, 0)
        if news:
            self.known = Known(self.known.newest, news.observed)
            if news.outcome:
                self.outcomes[news.outcome.rev] = news.outcome
        return news


def report_fields(epoch: int, rev: int, state: str, boot: int, n: int) -> dict:
    digest = bytes([rev])
    return {"epoch": epoch, "rev": rev, "state": state, "digest": digest, "errors": {}, "boot": boot, "n": n}


def hello(epoch: int, rev: int, boot: int, last: dict | None) -> Hello:
    texts = dict.fromkeys(("agent", "board", "runtime", "reset"), "")
    more = {"proto": 1, "uid": b"", "caps": b"", "digest": bytes([rev]), "free": 0, "sleep_s": None}
    return Hello(epoch=epoch, rev=rev, boot=boot, last=last, **texts, **more)


epochs = st.sampled_from([EPOCH - 1, EPOCH, EPOCH + 1])
revs = st.integers(min_value=0, max_value=NEWEST + 2)
boots = st.integers(min_value=1, max_value=3)
fields = st.builds(report_fields, epochs, revs, st.sampled_from(sorted(STATES)), boots, st.integers(0, 5))
messages = st.lists(
    fields.map(lambda found: Report(**found)) | st.builds(hello, epochs, revs, boots, st.none() | fields)
)


@given(messages)
def test_final_outcome_never_changes(said: list[Hello | Report]) -> None:
    memory = Memory()
    for message in said:
        final = {rev: outcome for rev, outcome in memory.outcomes.items() if outcome.state in FINAL_STATES}
        memory.take(message)
        assert memory.outcomes | final == memory.outcomes


@given(messages)
def test_repeated_message_adds_nothing(said: list[Hello | Report]) -> None:
    memory = Memory()
    for message in said:
        memory.take(message)
        assert memory.take(message) is None


@given(messages)
def test_outcomes_are_of_revisions_that_were_made(said: list[Hello | Report]) -> None:
    memory = Memory()
    for message in said:
        memory.take(message)
    assert all(1 <= rev <= NEWEST and outcome.epoch == EPOCH for rev, outcome in memory.outcomes.items())


@given(messages, st.integers(NEWEST + 1, NEWEST + 9))
def test_device_that_is_ahead_stays_so_whatever_is_written(said: list[Hello | Report], later: int) -> None:
    memory = Memory()
    for message in said:
        memory.take(message)
    memory.take(hello(EPOCH, NEWEST + 1, 9, None))
    memory.known = Known(revision(later), memory.known.observed)
    memory.take(hello(EPOCH, NEWEST + 1, 10, None))
    assert memory.known.observed is not None
    assert memory.known.observed.ahead


def test_signal_that_changes_is_no_news_and_damage_is() -> None:
    first = heard(Known(revision(NEWEST), None), hello(EPOCH, NEWEST, 1, None), 0)
    assert first
    known = Known(revision(NEWEST), first.observed)
    weaker, damaged = (hello(EPOCH, NEWEST, 1, None) for _ in range(2))
    weaker.rssi, damaged.found = -80, "slot-1 was damaged"
    assert heard(known, weaker, 0) is None
    assert heard(known, damaged, 0)

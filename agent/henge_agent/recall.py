"""Recall: what a start finds on flash, and hands to the drivers. No other moment of a board needs it."""

from henge_protocol import cbor, messages
from henge_protocol.errors import Problem

from henge_agent import slots
from henge_agent.documents import Candidate
from henge_agent.memory import Memory
from henge_agent.slots import Record, StorageFailed
from henge_agent.sync import Refusal

_STATES = {
    slots.APPLIED: messages.APPLIED,
    slots.CONFIRMED: messages.CONFIRMED,
    slots.REJECTED: messages.REJECTED,
    slots.ROLLED_BACK: messages.ROLLED_BACK,
}


class Recalled:
    """What a start remembers: a candidate with its outcome, a refusal, a trial that the start has ended (without its
    values), and what was `found` wrong with the flash, in one line; any of them may be None. `refused_now` is
    the refusal where it is the start's own, and not on flash yet.
    """

    def __init__(self) -> None:
        self.current: "Candidate | None" = None
        self.outcome = messages.APPLIED
        self.refusal: "Refusal | None" = None
        self.refused_now: "Refusal | None" = None
        self.lost_trial: "Candidate | None" = None
        self.found: "str | None" = None
        self.before: "Record | None" = None  # of the document before the current one


def recall(memory: Memory) -> Recalled:
    """What is on flash. Raises StorageFailed."""
    found, recalled = memory.slots.load(), Recalled()
    recalled.before = found.previous
    if found.current:
        recalled.current, recalled.outcome = _candidate(memory, found.current), _STATES[found.current.state]
    if found.lost_trial:
        recalled.lost_trial = Candidate(found.lost_trial.epoch, found.lost_trial.rev)
    if found.refused:
        recalled.refusal = _refusal(memory, found.refused)
    recalled.found = ", ".join(found.damage) or None
    return recalled


def begin(memory: Memory, settings, defaults: dict, say, tell) -> Recalled:
    """Hands the drivers the newest document; where they do not take it any more, perhaps the one before; `defaults`
    where there is none. `say(level, text)` and `tell(problems)` hear what is wrong.
    """
    try:
        recalled = recall(memory)
    except StorageFailed as error:
        say("error", str(error))
        recalled = Recalled()
        recalled.found = str(error)
    if recalled.current:
        tell(recalled.current.problems)
        _apply(memory, settings, recalled, tell)
    else:
        tell(settings.begin(defaults))
    return recalled


def _apply(memory: Memory, settings, recalled: Recalled, tell) -> None:
    current = recalled.current
    assert current is not None
    problems = settings.begin(current.values)
    if problems:
        problems = settings.begin(current.values)  # hardware that has just got its power may need a moment
    tell(problems)
    previous = _previous(memory, recalled.before) if problems else None
    if previous is None:
        return
    if settings.begin(previous.values):
        settings.begin(current.values)  # no better: it is the hardware, not the document
        return
    memory.slots.go_back()
    recalled.current, recalled.outcome = previous, _STATES[recalled.before.state]  # type: ignore[union-attr]
    recalled.refusal = recalled.refused_now = Refusal(current.order, messages.REJECTED, problems)


def _previous(memory: Memory, record: "Record | None") -> "Candidate | None":
    """Few starts need it, so it is read only now; None where that fails, too."""
    try:
        return _candidate(memory, record) if record else None
    except StorageFailed:
        return None


def _candidate(memory: Memory, record: Record) -> Candidate:
    candidate = memory.documents.stored(record.epoch, record.rev, b"", memory.doc(record))
    candidate.forget_bytes()
    return candidate


def _refusal(memory: Memory, record: Record) -> Refusal:
    errors = cbor.decode(memory.slots.payload(record, 0, record.length))
    assert isinstance(errors, dict)  # its hash was right, so it is what `refuse` wrote
    problems = [Problem(key, code, text) for key, (code, text) in errors.items()]
    return Refusal(record.order, _STATES[record.state], problems)

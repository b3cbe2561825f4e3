"""Memory: what survives a restart, as the agent thinks of it: candidates and refusals; `slots` knows their bytes."""

from henge_protocol import cbor, messages
from henge_protocol.errors import Problem
from henge_protocol.signing import MAC_BYTES

from henge_agent import slots
from henge_agent.documents import Candidate, Documents
from henge_agent.reports import errors_map
from henge_agent.slots import Record, Slots, StorageFailed
from henge_agent.sync import Refusal

_STATES = {
    slots.APPLIED: messages.APPLIED,
    slots.CONFIRMED: messages.CONFIRMED,
    slots.REJECTED: messages.REJECTED,
    slots.ROLLED_BACK: messages.ROLLED_BACK,
}
_MAX_ERRORS = 1024  # bytes of a refusal's reasons that are kept


class Recalled:
    """What a start remembers: a candidate with its outcome, a refusal, a trial that the start has ended (without its
    values), and what was `found` wrong with the flash, in one line; any of them may be None.
    """

    def __init__(self) -> None:
        self.current: "Candidate | None" = None
        self.outcome = messages.APPLIED
        self.refusal: "Refusal | None" = None
        self.lost_trial: "Candidate | None" = None
        self.found: "str | None" = None


class Memory:
    """Everything here may raise StorageFailed."""

    def __init__(self, kept: Slots, documents: Documents) -> None:
        self._slots = kept
        self._documents = documents
        self._previous: "Record | None" = None

    def recall(self) -> Recalled:
        """What is on flash, at a start."""
        found, recalled = self._slots.load(), Recalled()
        self._previous = found.previous
        if found.current:
            recalled.current, recalled.outcome = self._candidate(found.current), _STATES[found.current.state]
        if found.lost_trial:
            recalled.lost_trial = Candidate(found.lost_trial.epoch, found.lost_trial.rev)
        if found.refused:
            recalled.refusal = self._refusal(found.refused)
        recalled.found = ", ".join(found.damage) or None
        return recalled

    def previous(self) -> "tuple[Candidate, str] | None":
        """At a start: the document before the current one and its outcome. Few starts need it, so it is read only now;
        None where that fails, too.
        """
        found = self._previous
        try:
            return (self._candidate(found), _STATES[found.state]) if found else None
        except StorageFailed:
            return None

    def in_use(self) -> "tuple[int, int, bytes, bytes] | None":
        """The document that was kept last, as it is on flash: epoch, rev, mac, doc."""
        found = self._slots.in_use()
        if not found:
            return None
        return found.epoch, found.rev, self._slots.payload(found, 0, MAC_BYTES), self._doc(found)

    def store(self, candidate: Candidate, is_trial: bool) -> None:
        """Writes a document beside the one in use; from then on its bytes are there only."""
        state = slots.TRIAL if is_trial else slots.APPLIED
        self._slots.stage(state, candidate.epoch, candidate.rev, candidate.mac, candidate.doc)
        candidate.forget_bytes()

    def keep(self) -> None:
        """What was stored is in use."""
        self._slots.keep()

    def confirm(self) -> None:
        """The trial that was stored has passed."""
        self._slots.confirm()

    def go_back(self) -> None:
        """At a start: the document before the current one is in use."""
        self._slots.go_back()

    def refuse(self, refusal: Refusal) -> None:
        """Remembers a refusal and drops the document it is about."""
        state = slots.REJECTED if refusal.state == messages.REJECTED else slots.ROLLED_BACK
        errors = cbor.encode(errors_map(refusal.problems, _MAX_ERRORS))
        self._slots.refuse(state, refusal.order[0], refusal.order[1], errors)

    def _candidate(self, record: Record) -> Candidate:
        candidate = self._documents.stored(record.epoch, record.rev, b"", self._doc(record))
        candidate.forget_bytes()
        return candidate

    def _doc(self, record: Record) -> bytes:
        return self._slots.payload(record, MAC_BYTES, record.length)

    def _refusal(self, record: Record) -> Refusal:
        errors = cbor.decode(self._slots.payload(record, 0, record.length))
        assert isinstance(errors, dict)  # its hash was right, so it is what `refuse` wrote
        problems = [Problem(key, code, text) for key, (code, text) in errors.items()]
        return Refusal(record.order, _STATES[record.state], problems)

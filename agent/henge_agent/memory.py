"""Memory: what survives a restart, as the agent thinks of it: candidates and refusals; `slots` knows their bytes.

What a start finds of that is in recall.py.
"""

from henge_protocol import cbor, messages
from henge_protocol.signing import MAC_BYTES

from henge_agent import slots
from henge_agent.documents import Candidate, Documents
from henge_agent.reports import errors_map
from henge_agent.slots import Record, Slots
from henge_agent.sync import Refusal

_MAX_ERRORS = 1024  # bytes of a refusal's reasons that are kept


class Memory:
    """Everything here may raise StorageFailed."""

    def __init__(self, kept: Slots, documents: Documents) -> None:
        self.slots = kept
        self.documents = documents

    def in_use(self) -> "tuple[int, int, bytes, bytes] | None":
        """The document that was kept last, as it is on flash: epoch, rev, mac, doc."""
        found = self.slots.in_use()
        if not found:
            return None
        return found.epoch, found.rev, self.slots.payload(found, 0, MAC_BYTES), self.doc(found)

    def doc(self, record: Record) -> bytes:
        """The document of a record."""
        return self.slots.payload(record, MAC_BYTES, record.length)

    def store(self, candidate: Candidate, is_trial: bool) -> None:
        """Writes a document beside the one in use; from then on its bytes are there only."""
        state = slots.TRIAL if is_trial else slots.APPLIED
        self.slots.stage(state, candidate.epoch, candidate.rev, candidate.mac, candidate.doc)
        candidate.forget_bytes()

    def refuse(self, refusal: Refusal) -> None:
        """Remembers a refusal and drops the document it is about."""
        state = slots.REJECTED if refusal.state == messages.REJECTED else slots.ROLLED_BACK
        errors = cbor.encode(errors_map(refusal.problems, _MAX_ERRORS))
        self.slots.refuse(state, refusal.order[0], refusal.order[1], errors)

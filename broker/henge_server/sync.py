"""Sync: in one word, how what a device runs stands to what it should run. Pure."""

from enum import StrEnum

from henge_protocol import messages

from henge_server.models import Observed, Outcome, Revision


class SyncState(StrEnum):
    IN_STEP = "in_step"  # it runs the newest revision
    PENDING = "pending"  # it has not said yet what became of it
    TRIAL = "trial"  # it runs it on probation
    REJECTED = "rejected"  # it did not take it
    ROLLED_BACK = "rolled_back"  # it took it back after the probation
    DRIFTED = "drifted"  # it took it, and now runs something else
    AHEAD = "ahead"  # it has a document that this server does not know; held until a person decides


_BY_OUTCOME = {
    messages.TRIAL: SyncState.TRIAL,
    messages.REJECTED: SyncState.REJECTED,
    messages.ROLLED_BACK: SyncState.ROLLED_BACK,
}


def sync_state(desired: Revision, outcome: Outcome | None, observed: Observed | None) -> SyncState:
    """The one word. `outcome` is that of `desired`."""
    if observed is not None and observed.ahead:
        return SyncState.AHEAD
    if outcome is None or outcome.epoch != desired.epoch:
        return SyncState.PENDING
    if outcome.state in _BY_OUTCOME:
        return _BY_OUTCOME[outcome.state]
    if observed is not None and observed.digest != desired.digest:
        return SyncState.DRIFTED
    return SyncState.IN_STEP

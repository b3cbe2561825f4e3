"""Desired: which document a device is to be sent, as the store has it now."""

from henge_server.models import Revision
from henge_server.store import Store


async def to_serve(store: Store, device: str) -> Revision | None:
    """A device's newest revision; None where it refused that one already, is ahead of the server, or is gone."""
    revision = await store.revision(device)
    if revision is None:
        return None
    observed = await store.observed(device)
    if observed and observed.ahead:
        return None
    outcome = await store.outcome(device, revision.rev)
    if outcome and outcome.epoch == revision.epoch and outcome.is_refusal:
        return None
    return revision

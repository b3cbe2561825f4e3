"""Desired: which document a device is to be sent, as the store has it now."""

from dataclasses import dataclass

from henge_server.models import Revision
from henge_server.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """A device's newest revision, and how the device stands to it."""

    revision: Revision
    caps: bytes  # the firmware that the device named last
    is_ahead: bool  # it has what this server does not know
    is_refused: bool  # it will not take this one

    @property
    def is_for_another_firmware(self) -> bool:
        """Whether the firmware is not the one that the revision was made for."""
        return self.caps != self.revision.caps and not self.is_ahead

    @property
    def to_serve(self) -> Revision | None:
        return None if self.is_ahead or self.is_refused else self.revision


async def standing(store: Store, device: str) -> Standing | None:
    """None where the device is gone."""
    revision = await store.revision(device)
    if revision is None:
        return None
    observed = await store.observed(device)
    outcome = await store.outcome(device, revision.rev)
    return Standing(
        revision,
        observed.caps if observed else revision.caps,
        observed is not None and observed.ahead,
        outcome is not None and outcome.epoch == revision.epoch and outcome.is_refusal,
    )


async def to_serve(store: Store, device: str) -> Revision | None:
    """A device's newest revision; None where it refused that one already, is ahead of the server, or is gone."""
    found = await standing(store, device)
    return found.to_serve if found else None

"""Found: what the records on flash say to a start: which document is in use, and what was refused. Pure."""

from henge_agent.slots import TRIAL, Record, is_kept, is_withdrawn


class Found:
    """Records or None. `previous` is the one to go back to should `current` not work any more, `lost_trial` one that
    the start has ended. `used` is the number of the slot in use; `refusals` are all of them, the newest first.

    `damage` says in a few words each which places held something that is not whole; a write that a power cut tore is
    such a thing too.
    """

    def __init__(self, records: "list[Record | None]", refusals: "list[Record | None]", damage: "list[str]") -> None:
        self.damage = damage
        self.refusals = sorted([r for r in refusals if r], key=_newest_first)
        self.refused = self.refusals[0] if self.refusals else None
        kept = [r for r in records if r and is_kept(r) and not is_withdrawn(r, self.refusals)]
        kept.sort(key=_newest_first)
        self.current = kept[0] if kept else None
        self.previous = kept[1] if len(kept) > 1 else None
        self.used = records.index(kept[0]) if kept else 1  # the first record then goes to slot 0
        self.lost_trial: "Record | None" = None
        for record in records:
            if record and record.state == TRIAL and not self._is_decided(record):
                self.lost_trial = record
        self.sequence = max([r.sequence for r in records + self.refusals if r] + [0])

    def _is_decided(self, trial: Record) -> bool:
        return bool(self.refused and self.refused.sequence > trial.sequence)


def _newest_first(record: Record) -> int:
    return -record.sequence

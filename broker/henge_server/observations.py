"""Observations: what a hello or a report means for what the server knows of a device. Pure: records in, records out.

A message that brings nothing new gives None, and so costs no write: a board repeats itself after every reconnect.
"""

from dataclasses import dataclass

from henge_protocol import messages
from henge_protocol.messages import Hello, Report

from henge_server.models import Change, ChangeKind, Observed, Outcome, Revision
from henge_server.store import Write

# States after which the board runs the revision that it reports on; after the others it runs the one before.
_RUNS = (messages.APPLIED, messages.TRIAL, messages.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of a device when a message of it is looked at."""

    newest: Revision
    observed: Observed | None
    reported: Revision | None = None  # the revision that the message is about
    outcome: Outcome | None = None  # of that revision


@dataclass(frozen=True, slots=True)
class News:
    """What a message adds."""

    observed: Observed
    outcome: Outcome | None
    change: Change

    @property
    def write(self) -> Write:
        return Write(puts=[self.observed, self.outcome] if self.outcome else [self.observed], changes=[self.change])


def heard(known: Known, hello: Hello, at: int) -> News | None:
    """A hello. `known.reported` is the revision that its `last` report is about."""
    before = known.observed
    same_boot = before is not None and before.boot == hello.boot
    observed = Observed(
        device=known.newest.device,
        epoch=hello.epoch,
        rev=hello.rev,
        digest=hello.digest,
        boot=hello.boot,
        n=before.n if before and same_boot else -1,
        reported_rev=before.reported_rev if before else 0,
        uid=hello.uid,
        agent=hello.agent,
        board=hello.board,
        runtime=hello.runtime,
        reset=hello.reset,
        free=hello.free,
        caps=hello.caps,
        found=hello.found or "",
        rssi=hello.rssi,
        safe=bool(hello.safe),
        ahead=_is_ahead(known, hello.epoch, hello.rev),
        at=at,
    )
    last = Report.from_fields(hello.last) if hello.last else None
    outcome = _outcome(known, last, at) if last else None
    if outcome and last:
        observed = observed.model_copy(update={"reported_rev": last.rev})
    if before and outcome is None and _tells_the_same(before, observed):
        return None
    data = {"board": hello.board, "agent": hello.agent, "ahead": observed.ahead, "uid": hello.uid.hex()}
    if before and before.uid and before.uid != hello.uid:
        data["uid_before"] = before.uid.hex()  # another board under this identity: replaced, or there are two of them
    data |= {"found": observed.found} if observed.found else {}
    data |= {"safe": True} if observed.safe else {}
    change = Change(at=at, kind=ChangeKind.HEARD, device=observed.device, data=data)
    if outcome and last:
        change = _reported(known, last, at)
    return News(observed, outcome, change)


def reported(known: Known, report: Report, at: int) -> News | None:
    """A report. `known.reported` is the revision that it is about; None where the server has no such revision."""
    before = known.observed
    if before and before.boot == report.boot and report.n <= before.n:
        return None  # a duplicate, or older than one that was heard already
    outcome = _outcome(known, report, at)
    runs = report.state in _RUNS and report.rev > 0
    observed = Observed(device=known.newest.device, epoch=0, rev=0, digest=b"", boot=report.boot, n=-1, at=at)
    observed = (before or observed).model_copy(
        update={
            "epoch": report.epoch if runs else (before or observed).epoch,
            "rev": report.rev if runs else (before or observed).rev,
            "digest": report.digest,
            "boot": report.boot,
            "n": report.n,
            "reported_rev": report.rev if known.reported else (before or observed).reported_rev,
            "ahead": _is_ahead(known, report.epoch, report.rev) if runs else before is not None and before.ahead,
            "at": at,
        }
    )
    if before and outcome is None and known.reported and _tells_the_same(before, observed):
        return None
    return News(observed, outcome, _reported(known, report, at))


def _is_ahead(known: Known, epoch: int, rev: int) -> bool:
    """Whether a device runs what the server does not know. New revisions do not change that: a person decides."""
    before = known.observed
    held = before is not None and before.ahead and (before.epoch, before.rev) == (epoch, rev)
    return held or (epoch, rev) > known.newest.order


def _outcome(known: Known, report: Report, at: int) -> Outcome | None:
    """The outcome that a report adds to its revision; None where it is known, final, or not of ours."""
    revision = known.reported
    if revision is None or (report.epoch, report.rev) != revision.order:
        return None
    before = known.outcome
    if before and before.epoch == report.epoch and (before.is_final or before.state == report.state):
        return None
    return Outcome(
        device=revision.device,
        rev=report.rev,
        epoch=report.epoch,
        state=report.state,
        digest=report.digest,
        errors={key: [code, text] for key, (code, text) in report.errors.items()},
        at=at,
    )


def _reported(known: Known, report: Report, at: int) -> Change:
    data = {"rev": report.rev, "state": report.state, "errors": {k: list(v) for k, v in report.errors.items()}}
    return Change(at=at, kind=ChangeKind.REPORTED, device=known.newest.device, data=data)


def _tells_the_same(before: Observed, after: Observed) -> bool:
    """Whether nothing changed that anybody waits for; the moment, the heap, the radio and the count change always."""
    passing = {"at", "free", "n", "rssi"}
    return before.model_dump(exclude=passing) == after.model_dump(exclude=passing)

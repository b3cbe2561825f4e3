"""Sync: decides what becomes of each document, by the order, refusal and trial rules. Pure: event in, actions out.

It knows no socket, no flash, no clock and no await. Its owner calls a method for each event and performs the actions
that come back, in their order; a performed action's outcome is an event again. Storing and applying wait for nothing,
so a newer document replaces an older one wherever one has to wait; only a trial is decided first.
"""

from henge_protocol.errors import NOT_CONFIRMED, WHOLE_DOCUMENT, Problem
from henge_protocol.messages import APPLIED, CONFIRMED, REJECTED, ROLLED_BACK, TRIAL

from henge_agent.documents import Candidate
from henge_agent.trial import Trial, touches_risky

# Phases: nothing is under way; a document is on its way to flash; a stored one is on its way to the hardware; a risky
# one is in use and has to prove itself; one that has proved itself is being marked so on flash.
IDLE, STORING, APPLYING, PROBATION, CONFIRMING = range(5)

# Actions are tuples that begin with one of these.
STORE = "store"  # (candidate, is_trial): write it; then `staged` or `failed`
APPLY = "apply"  # (candidate): hand it to the drivers; then `applied` or `failed`
KEEP = "keep"  # (): what was stored is the one in use
CONFIRM = "confirm"  # (): mark the trial on flash; then `confirmed` or `not_confirmed`
REFUSE = "refuse"  # (refusal): remember it on flash, drop what it is about
TAKE_BACK = "take_back"  # (candidate): hand this one to the drivers again
REPORT = "report"  # (order, state, digest, problems): say it, and again in the next hello
ANSWER = "answer"  # the same, said once: it is about a document that may be anybody's
RECONNECT = "reconnect"  # (why): end the connection and make it anew


class Refusal:
    """A signed document that was not taken, or taken back: it will not be tried again."""

    def __init__(self, order: "tuple[int, int]", state: str, problems: "list[Problem]") -> None:
        self.order = order
        self.state = state
        self.problems = problems


class Sync:
    """`settings` are the declared ones, `nothing` the candidate of a board that was never told anything; a trial has
    `trial_ms` milliseconds to prove itself.
    """

    def __init__(self, settings, nothing: Candidate, trial_ms: int) -> None:
        self._settings = settings
        self._trial_ms = trial_ms
        self.phase = IDLE
        self.current = nothing  # the candidate that was last kept
        self.outcome = APPLIED  # of the current one: applied or confirmed
        self._is_told = False  # whether the current one came from the server, and is not just the defaults
        self._refused: "Refusal | None" = None
        self._underway: "Candidate | None" = None
        self._trial: "Trial | None" = None
        self._waiting: "Candidate | None" = None

    @property
    def in_use(self) -> Candidate:
        """The candidate whose values the drivers have."""
        return self._trial.candidate if self._trial else self.current

    @property
    def deadline_ms(self) -> "int | None":
        """When `tick` has to be called; None where nothing is due."""
        return self._trial.ends_ms if self._trial else None

    def booted(
        self, current: "Candidate | None", outcome: str, refused: "Refusal | None", lost_trial, why: str
    ) -> list:
        """A start found a document in use, a refusal, and a trial; each may be None. The start ended the trial, and
        `why` says what brought it about.
        """
        if current is not None:
            self._settle(current, outcome)
        self._refused = refused
        if lost_trial is not None:
            return self._roll_back(lost_trial, why)
        if refused and (not self._is_told or refused.order > self.current.order):
            return [self._report_refusal()]
        return [self._report_current()] if self._is_told else []

    def connected(self, where: str) -> None:
        """A connection was made, to the host and port that `where` names."""
        if self._trial:
            self._trial.connected(where)

    def disconnected(self, why: str) -> None:
        """A connection ended or could not be made, for a reason that nobody on the board wanted."""
        if self._trial:
            self._trial.disconnected(why)

    def desired(self, candidate: Candidate) -> list:
        """A document arrived."""
        if not candidate.signed or candidate.passing:  # never remembered: it must not keep the true one out
            return [(ANSWER, candidate.order, REJECTED, self.in_use.digest, candidate.problems)]
        if self.phase == IDLE:
            return self._consider(candidate)
        if self._waiting is None or candidate.order >= self._waiting.order:
            self._waiting = candidate
        return self._judge_trial(candidate.order)

    def staged(self) -> list:
        """What was to be stored is on flash."""
        self.phase = APPLYING
        return [(APPLY, self._underway)]

    def applied(self, now_ms: int) -> list:
        """The drivers have taken what was to be applied."""
        candidate, self._underway = self._taken(), None
        if touches_risky(self._settings, self.current.values, candidate.values):
            self.phase = PROBATION
            self._trial = Trial(candidate, now_ms, self._trial_ms)
            return [
                (REPORT, candidate.order, TRIAL, candidate.digest, []),
                (RECONNECT, "the connection has to be made under the new settings"),
            ]
        self._settle(candidate, APPLIED)
        return [(KEEP,), self._report_current()] + self._next()

    def failed(self, problems: "list[Problem]", is_final: bool) -> list:
        """It could not be stored or applied. Where that is not final, the same document may be tried again."""
        candidate, self._underway = self._taken(), None
        self.phase = IDLE
        if is_final:
            return self._refuse(candidate, REJECTED, problems) + self._next()
        return [(REPORT, candidate.order, REJECTED, self.current.digest, problems)] + self._next()

    def confirmed(self) -> list:
        """The trial is marked as passed on flash."""
        assert self._trial is not None
        self._settle(self._trial.candidate, CONFIRMED)
        self._trial = None
        return [self._report_current()] + self._next()

    def not_confirmed(self) -> list:
        """The flash did not take the mark: the trial goes on, and ends at its time."""
        self.phase = PROBATION
        return []

    def tick(self, now_ms: int) -> list:
        """Time has passed."""
        if self.phase != PROBATION or not self._trial or not self._trial.is_overdue(now_ms):
            return []
        trial, self._trial = self._trial, None
        self.phase = IDLE
        actions = self._roll_back(trial.candidate, trial.why)
        actions.insert(1, (TAKE_BACK, self.current))
        actions.append((RECONNECT, "the settings before the trial are in use again"))
        return actions + self._next()

    def _consider(self, candidate: Candidate) -> list:
        """Decides about a signed document while nothing is under way."""
        refused = self._refused
        if refused and candidate.order == refused.order:
            return [self._report_refusal()]
        if self._is_told and candidate.order <= self.current.order:
            return [self._report_current()]
        if refused and candidate.order < refused.order:  # late or replayed: the server has made a newer one since
            return [self._report_current() if self._is_told else self._report_refusal()]
        if candidate.problems:
            return self._refuse(candidate, REJECTED, candidate.problems)
        self.phase = STORING
        self._underway = candidate
        return [(STORE, candidate, touches_risky(self._settings, self.current.values, candidate.values))]

    def _judge_trial(self, order: "tuple[int, int]") -> list:
        if self.phase != PROBATION or not self._trial:
            return []
        if self._trial.is_proved_by(order):
            self.phase = CONFIRMING
            return [(CONFIRM,)]
        candidate = self._trial.candidate
        return [] if order > candidate.order else [(REPORT, candidate.order, TRIAL, candidate.digest, [])]

    def _next(self) -> list:
        candidate, self._waiting = self._waiting, None
        if candidate is None or candidate.order == self.current.order:
            return []  # nothing waits, or only what the last report has answered
        return self._consider(candidate)

    def _taken(self) -> Candidate:
        assert self._underway is not None  # an event that nothing was asked for is a fault of the owner
        return self._underway

    def _settle(self, candidate: Candidate, outcome: str) -> None:
        self.phase = IDLE
        self.current, self.outcome, self._is_told = candidate, outcome, True

    def _refuse(self, candidate: Candidate, state: str, problems: "list[Problem]") -> list:
        self._refused = Refusal(candidate.order, state, problems)
        return [(REFUSE, self._refused), self._report_refusal()]

    def _roll_back(self, candidate: Candidate, why: str) -> list:
        return self._refuse(candidate, ROLLED_BACK, [Problem(WHOLE_DOCUMENT, NOT_CONFIRMED, why)])

    def _report_current(self) -> tuple:
        return (REPORT, self.current.order, self.outcome, self.current.digest, [])

    def _report_refusal(self) -> tuple:
        refused = self._refused
        assert refused is not None
        return (REPORT, refused.order, refused.state, self.current.digest, refused.problems)

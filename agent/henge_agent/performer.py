"""Performer: does what `sync` decided: flash, drivers, reports. It waits for nothing, so that no step is half done."""

from henge_protocol import errors, topics
from henge_protocol.errors import WHOLE_DOCUMENT, Problem
from henge_protocol.messages import Report

from henge_agent import sync
from henge_agent.documents import Candidate
from henge_agent.memory import Memory
from henge_agent.outbox import Outbox
from henge_agent.reports import Reports
from henge_agent.settings import NotApplied, Settings
from henge_agent.slots import StorageFailed
from henge_agent.sync import Refusal, Sync
from henge_agent.trial import touches_risky


class Performer:
    """`say(level, text)` is told what happens; `clock.ms()` is the time. In safe mode `restart()` is there: what was
    stored is handed to the drivers by the next start.
    """

    def __init__(
        self,
        decides: Sync,
        memory: Memory,
        settings: Settings,
        reports: Reports,
        outbox: Outbox,
        clock,
        say,
        restart=None,
    ) -> None:
        self._sync = decides
        self._memory = memory
        self._settings = settings
        self._reports = reports
        self._outbox = outbox
        self._clock = clock
        self._say = say
        self._restart = restart
        self.found: "str | None" = None  # what the last start found wrong with the flash
        self._ways = {
            sync.STORE: self._store,
            sync.APPLY: self._apply,
            sync.KEEP: memory.slots.keep,
            sync.CONFIRM: self._confirm,
            sync.REFUSE: self._refuse,
            sync.TAKE_BACK: self._take_back,
            sync.REPORT: self._report,
            sync.ANSWER: self._answer,
            sync.RECONNECT: outbox.leave,
        }

    def start(self, why: str) -> None:
        """Takes up what is on flash. `why` tells what the start has done to a trial that it finds."""
        recalled = _begun(self._memory, self._settings, self._sync.current.values, self._say, self._list)
        self.found = recalled.found
        if recalled.refused_now:
            self._refuse(recalled.refused_now)
        self.perform(self._sync.booted(recalled.current, recalled.outcome, recalled.refusal, recalled.lost_trial, why))

    def perform(self, actions: list) -> None:
        """Performs actions and what follows from them."""
        while actions:
            action = actions[0]
            actions = (self._ways[action[0]](*action[1:]) or []) + actions[1:]

    def _store(self, candidate: Candidate, is_trial: bool) -> list:
        try:
            self._memory.store(candidate, is_trial)
        except (StorageFailed, MemoryError) as error:
            self._say("error", str(error))
            return self._sync.failed([Problem(WHOLE_DOCUMENT, errors.DRIVER_FAILED, str(error))], False)
        return self._sync.staged()

    def _apply(self, candidate: Candidate) -> list:
        if self._restart and not touches_risky(self._settings.declared, self._sync.current.values, candidate.values):
            self._say("info", "revision {} is stored; starting anew to use it".format(candidate.rev))
            self._restart()
            return []
        try:
            self._settings.apply(candidate.values)
        except NotApplied as error:
            self._say("warning", str(error))
            return self._sync.failed(error.problems, True)
        return self._sync.applied(self._clock.ms())

    def _confirm(self) -> list:
        try:
            self._memory.slots.confirm()
        except (StorageFailed, MemoryError) as error:
            self._say("error", str(error))
            return self._sync.not_confirmed()
        return self._sync.confirmed()

    def _refuse(self, refusal: Refusal) -> None:
        try:
            self._memory.refuse(refusal)
        except (StorageFailed, MemoryError) as error:  # it is refused all the same, until the next start
            self._say("error", str(error))

    def _take_back(self, candidate: Candidate) -> None:
        try:
            self._settings.apply(candidate.values)
        except NotApplied as error:
            self._say("error", "cannot go back: " + str(error))

    def _report(self, *what) -> None:
        self._reports.last = self._send_report(*what)

    def _answer(self, *what) -> None:
        self._send_report(*what)

    def _send_report(self, order: "tuple[int, int]", state: str, digest: bytes, problems: "list[Problem]") -> Report:
        report = self._reports.make(order, state, digest, problems)
        self._outbox.put(topics.REPORT, report.encode(), 1)
        self._say("info", "revision {} {}".format(order[1], state))
        self._list(problems)
        return report

    def _list(self, problems: "list[Problem]") -> None:
        for problem in problems:
            self._say("info", "  {}: {}".format(problem.key or "the document", problem.text))


def _begun(*what):
    from henge_agent.recall import begin  # for a moment, as passing.py says

    return begin(*what)

"""Trial: a risky change on probation. It stays once the board is connected again under it; else it is taken back. Pure.

That some server lets the board in proves nothing: only a validly signed document, received on a connection made under
the new settings, does.
"""


class Trial:
    """The probation of one candidate, from `began_ms` on, for at most `limit_ms`.

    `why` is, at any time, why there was no proof so far: a sentence for whoever wants to know what went wrong.
    """

    def __init__(self, candidate, began_ms: int, limit_ms: int) -> None:
        self.candidate = candidate
        self.ends_ms = began_ms + limit_ms
        self.why = "no connection was made within {} s".format(limit_ms // 1000)
        self._reconnected = False

    def connected(self, where: str) -> None:
        """There is a connection that was made under the new settings."""
        self._reconnected = True
        self.why = "connected to {}, but no signed document came".format(where)

    def disconnected(self, why: str) -> None:
        """A connection under the new settings ended, or could not be made."""
        self.why = why

    def is_proved_by(self, order: "tuple[int, int]") -> bool:
        """Whether a validly signed document of this (epoch, rev) ends the probation well."""
        return self._reconnected and order >= self.candidate.order

    def is_overdue(self, now_ms: int) -> bool:
        """Whether the time for a proof is over."""
        return now_ms >= self.ends_ms


def touches_risky(settings, before: dict, after: dict) -> bool:
    """Whether a setting that is declared risky has another value after than before."""
    return any(before.get(key) != after.get(key) and settings[key].risky for key in settings)

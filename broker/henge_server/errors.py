"""Everything that the server can refuse or fail at. Each error makes its own sentence and knows its HTTP status.

HengeError
├── BadRequest            400  the request cannot be read
├── NotAuthenticated      401  no token, or one that is not known
├── NotFound              404  no such device, schema, revision
├── Exists                409  the name is taken
├── Conflict              409  somebody else was faster; the caller may try again
├── InUse                 409  other things depend on it
├── HistoryGone           410  the change feed no longer goes back that far
├── PreconditionFailed    412  If-Match does not fit
├── Invalid               422  values or declarations with problems, each named
├── BrokerElsewhere       501  the broker is not part of this server
├── StoreUnavailable      503  the store is closing or failed
├── BrokerUnavailable     503  the outside broker is not connected
├── StoreFull             507  the disk or the map has no room; nothing was changed
└── CannotStart           (exit 1)  the server did not come up
"""

from collections.abc import Sequence

from henge_protocol.errors import Problem


class HengeError(Exception):
    """Root of the tree. `status` is the HTTP status, `title` the name of the kind of error."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = list(problems)


class BadRequest(HengeError):
    status = 400
    title = "Bad request"


class NotAuthenticated(HengeError):
    status = 401
    title = "Not authenticated"


class NotFound(HengeError):
    status = 404
    title = "Not found"


class Exists(HengeError):
    status = 409
    title = "Already there"


class Conflict(HengeError):
    status = 409
    title = "Conflict"


class InUse(HengeError):
    status = 409
    title = "In use"


class HistoryGone(HengeError):
    status = 410
    title = "History gone"


class PreconditionFailed(HengeError):
    status = 412
    title = "Precondition failed"


class Invalid(HengeError):
    """Values or declarations that break a rule; `problems` names each."""

    status = 422
    title = "Invalid"


class BrokerElsewhere(HengeError):
    status = 501
    title = "Broker elsewhere"


class StoreUnavailable(HengeError):
    status = 503
    title = "Store unavailable"


class BrokerUnavailable(HengeError):
    status = 503
    title = "Broker unavailable"


class StoreFull(HengeError):
    status = 507
    title = "Store full"


class CannotStart(HengeError):
    """The server did not come up; the detail says why and what to do."""

    title = "Cannot start"

"""Everything that a command can end with, other than success. Each error knows its exit code.

FleetctlError
├── Failed           1  it was not done
│   ├── Refused      1  the server said no; `problems` names each value
│   └── NotTaken     1  the board said no; `problems` names each value
├── Usage            2  the command line does not say what is meant
├── Partly           3  some of it was done: stored, and the board has not decided
├── NotAllowed       4  the server does not know the token, or it may not do this
├── NotReachable     5  no answer from the server
├── Differs          6  two things that were compared are not the same
└── Interrupted    130  Ctrl-C, where it did not undo what was begun
Interrupted with Ctrl-C is 130; typer ends with it, and Interrupted where there is something to say.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One value that was refused. `key` is empty where it is about the whole."""

    key: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class FleetctlError(Exception):
    """Root of the tree. `detail` says what happened and what to do next; it is empty where the output says it all.

    `todo` is what to do where that belongs behind the problems.
    """

    exit_code = 1
    label = "error"  # stands before the sentence

    def __init__(self, detail: str = "", problems: Sequence[Problem] = (), todo: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = list(problems)
        self.todo = todo


class Failed(FleetctlError):
    exit_code = 1


class Refused(Failed):
    """The server answered with a problem; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str, problems: Sequence[Problem] = (), todo: str = "") -> None:
        super().__init__(detail, problems, todo)
        self.status = status


class NotTaken(Failed):
    """The server stored it, and the board refused it or took it back."""


class Usage(FleetctlError):
    exit_code = 2


class Partly(FleetctlError):
    exit_code = 3
    label = "not yet"


class NotAllowed(FleetctlError):
    exit_code = 4


class NotReachable(FleetctlError):
    exit_code = 5


class Differs(FleetctlError):
    exit_code = 6
    label = "differs"


class Interrupted(FleetctlError):
    exit_code = 130
    label = "interrupted"
